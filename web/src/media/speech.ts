/** Texts read out by the browser's own speech synthesis, the text always on screen beside it. Nothing leaves the computer. */

/** Whether this browser can speak. */
export function voices(): boolean {
  return 'speechSynthesis' in window
}

/** Read a text in Chinese; what is being read ends first. */
export function speak(text: string): void {
  if (!voices()) return
  stopSpeaking()
  const words = new SpeechSynthesisUtterance(text)
  words.lang = 'zh-CN'
  words.rate = 0.95
  window.speechSynthesis.speak(words)
}

export function stopSpeaking(): void {
  if (voices()) window.speechSynthesis.cancel()
}
