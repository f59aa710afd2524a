/** The award: words of its screens, of the acts signed in it, and of its refusals. */
export const acts = {
  publish_candidates: { name: 'Publish the candidates', says: 'The award candidates of {lot} are published in the order of the evaluation report: {names}. For {days} days, until {until}.' },
  decide_award: { name: 'Decide the award', says: '{lot} is awarded to {name} at {price} yuan. The hall issues the notice of award at once and tells every other bidder the result.', other: 'Not the first candidate, because ({ground}): {reason}' },
  give_up_award: { name: 'Give up the award', says: 'We give up the award (candidacy) of {lot}. Reason: {reason}' },
  void_award: { name: 'Declare the award void', says: 'The award of {lot} to {name} is void. Reason: {reason}' },
  fail_lot: { name: 'Declare the lot failed', says: '{lot} has failed ({ground}). Reason: {reason}' },
  order_retender: { name: 'Tender again', says: '{lot} is tendered again. Reason: {reason}' },
  file_contract: { name: 'File the contract', says: 'The contract of {lot}, number {number}, was signed on {day}.' },
}

export const codes = {
  award_not_begun: { what: 'The evaluation report is not handed over yet: this lot can’t be awarded.', do: 'Wait until the committee has signed it; this page renews itself.' },
  procedure_suspended: { what: 'The procedure is suspended while a complaint is handled; nothing can be done meanwhile.', do: 'Wait for the authority’s decision; the time that stood still is given back, and this page renews itself.' },
  candidates_published: { what: 'The candidates of this lot were published already.', do: 'Nothing to do: the publicity period is shown here.' },
  no_candidates: { what: 'This lot has no candidates to publish.', do: 'Look at the rejections in the report, then declare the lot failed or tender it again.' },
  publicity_too_short: { what: 'The publicity must have {least} to {most} days (Implementing Regulations art. 54).', do: 'Publish for {least} days or more.' },
  publicity_runs: { what: 'The publicity is not over: nothing can be decided yet.', do: 'Wait for its end; the time left is shown, and the button appears by itself.' },
  candidates_not_published: { what: 'The candidates are not published yet.', do: 'Publish them first.' },
  lot_not_open: { what: 'This step is not possible in the lot’s present state.', do: 'Reload the page and go on from the state it shows.' },
  result_objection_open: { what: '{count} objections to the result wait for an answer; the award waits for them (Implementing Regulations art. 54).', do: 'Answer them under objections; the decision is possible then.' },
  not_a_candidate: { what: 'This party is no candidate that could be awarded.', do: 'Choose among the candidates that the committee named and that neither gave up nor were void.' },
  ground_missing: { what: 'Another than the first candidate was chosen without a legal ground (Implementing Regulations art. 55).', do: 'Choose the ground, write the facts, and sign again.' },
  ground_not_needed: { what: 'The first candidate needs no ground.', do: 'Leave the ground out and sign again.' },
  awarded_to_another: { what: 'The lot is awarded to somebody else.', do: 'Nothing to give up; the procuring entity will tell you if that changes.' },
  no_award: { what: 'The lot has no award in effect now.', do: 'Reload the page and go on from the state it shows.' },
  candidates_left: { what: 'There are candidates left: this ground does not hold.', do: 'Award one of them, or choose another ground.' },
}

export default {}
