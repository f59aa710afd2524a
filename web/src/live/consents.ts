// What of its face a representative gives at the sign-in (clause 5.3.7): nothing, a picture, or a picture and the consent of its own that a
// machine compares it.

export interface FaceBody {
  readonly photo?: string
  readonly compares_faces?: true
}

/** The part of the act's body: only what was chosen; without a picture there is nothing to compare. photo: base64 of a JPEG, or ''. */
export function faceBody(photo: string, compares: boolean): FaceBody {
  if (photo === '') return {}
  return compares ? { photo, compares_faces: true } : { photo }
}

/** Keys of the words that the person reads before it signs. */
export function faceWords(face: FaceBody): readonly string[] {
  if (face.photo === undefined) return []
  return face.compares_faces ? ['live.saysPhoto', 'live.saysCompares'] : ['live.saysPhoto']
}
