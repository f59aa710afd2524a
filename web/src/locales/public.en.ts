/** Public pages, download of the tender documents and registration, questions and answers. */
export const acts = {
  acknowledge_download: { name: 'Confirm receipt and register', says: 'We have downloaded and received all tender documents whole, {count} in number, and are registered by this.' },
  ask_about_documents: { name: 'Ask', says: 'We ask the following about the tender documents; please answer to all potential bidders.' },
  answer_about_documents: { name: 'Publish the answer', says: 'We answer question {number} as follows, to all potential bidders.' },
}

export const codes = {
  no_documents: { what: 'No tender documents of this tender have been published in the hall yet.', do: 'Watch the notice; they can be downloaded here once they are published.' },
  not_invited: { what: 'This tender is by invitation, and you are not among the invited.', do: 'If you hold an invitation, ask the contact named in it to check your name.' },
  no_deadline: { what: 'The bid deadline of this tender has not been announced yet.', do: 'Try again later; download and registration begin with it.' },
  registration_over: { what: 'The bid deadline has passed: no more downloads or registrations.', do: 'Who is registered can still download. If the deadline is moved, this page opens again by itself.' },
  download_first: { what: 'Some tender documents have not been downloaded whole.', do: 'Choose “Download all” first, then confirm.' },
  documents_differ: { what: 'The tender documents have changed since you downloaded them (now {wanted}, you confirmed {given}).', do: 'Reload the page, download what is new, then confirm.' },
  consortium_stands: { what: 'The consortium declared at registration cannot be changed.', do: 'Bid with the consortium as declared, or ask the tendering agency.' },
  no_such_document: { what: 'There is no such tender document.', do: 'Reload the page and choose again.' },
  too_late_to_ask: { what: 'The time for questions is over.', do: 'See the published answers; for grave matters turn to the tendering agency or the regulator.' },
  too_many_questions: { what: 'You have asked as many questions as one bidder may ({limit}).', do: 'Put the rest together and turn to the tendering agency.' },
  no_such_question: { what: 'There is no such question.', do: 'Reload the page and try again.' },
  question_answered: { what: 'This question was answered already.', do: 'To add or correct something, publish an addendum.' },
  deadline_must_move: { what: 'It is too close to the bid deadline for an answer that bears on how bids are made.', do: 'Move the deadline first (Implementing Regulations art. 21), then publish the answer.' },
  no_such_list: { what: 'This is no valid search.', do: 'Clear the filters and try again.' },
}
