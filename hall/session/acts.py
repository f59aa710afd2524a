"""From a verified act to the command that it asks for: one line an act."""

from __future__ import annotations

from hall.errors import Malformed
from hall.procurement.acts import SignedAct
from hall.procurement.parties import STAFF, Appointment, Role
from hall.procurement.tender import Custody, Remedy
from hall.session import commands as c
from hall.session import events as e
from hall.session.bodies import MAX_ENVELOPE, Body
from hall.session.credentials import CHECKS, is_result
from hall.session.custody import FAILURES


def command_of(act: SignedAct, proof: e.RecorderProof | None, last_good: int = 0) -> c.Act:
    """The command that a verified act asks for; personal data and content keys are taken out of the act itself.

    proof: what the recorder proves at the moment of receipt. last_good: last moment (ms UTC) at which the hall itself
    was well. Raises Malformed("malformed_act", field=...).
    """
    body = Body(act)
    return (
        _course(act, body, proof)
        or _standstill(act, body, last_good)
        or _media(act, body, proof)
        or _credentials(act, body)
        or _meeting(act, body)
    )


def _course(act: SignedAct, body: Body, proof: e.RecorderProof | None) -> c.Act | None:
    lot = act.lot
    match act.type:
        case "sign_in":
            body.check_person()
            return c.SignIn(act.without_body(), body.photo(), body.flag("compares_faces"))
        case "announce_bidders":
            return c.AnnounceBidders(lot, act, proof)
        case "fail_tender":
            return c.FailTender(lot, body.text("reason"), act)
        case "go_on_with_fewer":
            return c.GoOnWithFewer(lot, body.text("reason"), body.digest("approval"), act)
        case "answer_sealing":
            answer = body.choice(e.SealingAnswer, "answer", e.SealingAnswer.NO_ANSWER)
            body.digest("sha256")
            return c.AnswerSealing(lot, answer, act)
        case "declare_sealing":
            return c.DeclareSealing(lot, act, proof)
        case "command_decryption":
            return c.CommandDecryption(lot, body.number("minutes"), act, proof)
        case "release":
            return _release(act, body)
        case "open_entrusted":
            return c.OpenEntrusted(lot, body.parts("keys", FAILURES), act.without_body())
        case "name_custodians":
            return c.NameCustodians(body.digests("custodians"), body.text("reason"), act)
        case "claim_remedy":
            return c.ClaimRemedy(lot, body.choice(Remedy, "kind", Remedy.NONE), body.text("reason"), act)
        case "answer_remedy":
            accepted = body.flag("accepted")
            return c.AnswerRemedy(lot, body.text("bidder", 64), accepted, body.text("reason"), act)
        case "decline_release":
            return c.DeclineRelease(lot, act)
        case "answer_results":
            answer = body.choice(e.SealingAnswer, "answer", e.SealingAnswer.NO_ANSWER)
            return c.AnswerResults(lot, answer, act)
        case "declare_results":
            return c.DeclareResults(lot, act, proof)
        case "decide_cause":
            cause = body.choice(e.Cause, "cause")
            return c.DecideCause(
                lot, body.text("bidder", 64), cause, body.number("incident"), body.text("reason"), act
            )
        case "read_out":
            return c.ReadOut(lot, body.text("bidder", 64), act)
        case "confirm_price":
            price = body.choice(e.PriceAnswer, "answer", e.PriceAnswer.NO_ANSWER)
            return c.ConfirmPrice(lot, price, body.text("price", 40), act)
        case "state_base_price":
            return c.StateBasePrice(lot, body.text("price", 40), act)
        case "open_objections":
            return c.OpenObjections(lot, act, proof)
        case "raise_objection":
            return c.RaiseObjection(lot, body.text("text"), act)
        case "answer_objection":
            outcome = body.choice(e.Outcome, "outcome")
            return c.AnswerObjection(lot, body.number("objection"), outcome, body.text("text"), act)
        case "close_objections":
            return c.CloseObjections(lot, act)
        case "refuse_signature":
            return c.RefuseSignature(body.text("reason"), act)
        case "note_unsigned":
            return c.NoteUnsigned(_post(body), body.text("reason"), act)
        case "close_opening":
            return c.CloseOpening(body.flag("record_later"), act, proof)
        case "advance_clock":
            return c.AdvanceClock(body.number("by_ms"), act)
        case _:
            return None


def _release(act: SignedAct, body: Body) -> c.Release:
    """A content key never stays in its act; what is for custodians alone does, signed by the bidder (clause 4.11)."""
    sha256 = body.digest("sha256")
    if body.choice(Custody, "custody") is Custody.HALL:
        body.check_only("content_key")
        return c.Release(act.lot, sha256, body.key("content_key"), act.without_body())
    body.check_only("tag", "envelope", "inner", "custodians")
    inner = body.text("inner", 64, least=0) and body.digest("inner")
    envelope, whom = body.base64("envelope", MAX_ENVELOPE), body.digests("custodians", 2)
    entrusted = c.EntrustedKey(bytes.fromhex(body.digest("tag")), envelope, inner, whom)
    return c.Release(act.lot, sha256, b"", act, entrusted)


def _standstill(act: SignedAct, body: Body, last_good: int) -> c.Act | None:
    lot = act.lot
    match act.type:
        case "move_deadline":
            return c.MoveDeadline(body.number("deadline"), body.text("reason"), act)
        case "confirm_deadline":
            return c.ConfirmDeadline(body.text("reason"), act)
        case "suspend":
            kind = body.choice(e.SuspensionKind, "kind", e.SuspensionKind.ADJOURNMENT)
            return c.Suspend(kind, body.letter("clause"), body.text("reason"), act, last_good)
        case "reason_suspension":
            return c.ReasonSuspension(body.text("reason"), body.number("since"), act)
        case "consult":
            stance = body.choice(e.Stance, "stance", e.Stance.NO_ANSWER)
            return c.Consult(body.number("consultation"), stance, body.text("reason", least=0), act)
        case "request_test":
            return c.RequestTest(act)
        case "resume":
            return c.Resume(body.number("minutes"), act)
        case "declare_split":
            return c.DeclareSplit(body.number("opens_at"), body.number("continues_at"), act)
        case "adjourn":
            return c.Adjourn(body.number("resumes_at"), body.text("reason"), act, last_good)
        case "open_quotes":
            return c.OpenQuotes(lot, body.number("minutes"), act)
        case "offer_quote":
            body.text("salt")
            return c.OfferQuote(lot, body.number("round"), body.text("price", 40), act.without_body())
        case "open_draw":
            return c.OpenDraw(lot, body.text("purpose", 200), body.texts("values"), act)
        case "commit_draw":
            return c.CommitDraw(lot, body.number("draw"), body.digest("commitment"), act)
        case "reveal_draw":
            return c.RevealDraw(lot, body.number("draw"), body.digest("secret"), act)
        case _:
            return None


def _credentials(act: SignedAct, body: Body) -> c.Act | None:
    match act.type:
        case "self_check":
            results = body.texts("results", len(CHECKS))
            if not results or not all(is_result(one) for one in results):
                raise Malformed("malformed_act", field="results")
            return c.CheckSelf(results, act)
        case "show_certificate":
            return c.ShowCertificate(body.digest("previous"), body.text("consent", least=0), act)
        case "decide_certificate":
            return c.DecideCertificate(
                bidder=body.text("bidder", 64),
                previous=body.digest("previous"),
                certificate=body.digest("certificate"),
                accepted=body.flag("accepted"),
                reason=body.text("reason"),
                act=act,
            )
        case _:
            return None


def _media(act: SignedAct, body: Body, proof: e.RecorderProof | None) -> c.Act | None:
    match act.type:
        case "raise_hand":
            return c.RaiseHand(act)
        case "lower_hand":
            return c.LowerHand(act)
        case "give_floor":
            return c.GiveFloor(body.text("participant", 80, least=0), act)
        case "mute_all":
            return c.MuteAll(body.flag("muted"), act)
        case "name_recording":
            place, reason = body.text("place", 200), body.text("reason")
            return c.NameRecording(body.text("name", 200), place, reason, act, proof)
        case "attach_recording":
            return c.AttachRecording(
                recording=body.text("recording", 40),
                sha256=body.digest("sha256"),
                size=body.number("size"),
                mime=body.text("mime", 100),
                start=body.number("from"),
                end=body.number("to"),
                act=act,
            )
        case _:
            return None


def _meeting(act: SignedAct, body: Body) -> c.Act:
    match act.type:
        case "read_text":
            return c.ReadText(body.text("key", 40), act)
        case "make_announcement":
            return c.MakeAnnouncement(body.text("text"), act)
        case "take_post":
            return c.TakePost(act)
        case "appoint_substitute":
            post = Appointment(
                _post(body),
                body.text("party", 64),
                body.text("name", 60),
                body.text("unit", 200),
                body.digest("certificate"),
            )
            return c.AppointSubstitute(post, body.text("reason"), act)
        case "mark_notary_absent":
            return c.MarkNotaryAbsent(body.text("reason"), act)
        case "request_rehash":
            return c.RequestRehash(act.lot, body.text("bidder", 64), act)
        case "log_call":
            outcome = body.choice(e.Call, "outcome")
            return c.LogCall(body.text("callee", 80), outcome, body.text("text", least=0), act)
        case "make_remark":
            stance = body.choice(e.Remark, "stance")
            return c.MakeRemark(stance, body.text("about", 100), body.text("text", least=0), act)
        case "add_paper":
            title, mime = body.text("title", 100), body.text("mime", 40)
            return c.AddPaper(title, mime, body.digest("sha256"), body.number("size"), act)
        case "check_identity":
            result = body.choice(e.Check, "result")
            return c.CheckIdentity(
                body.text("bidder", 64), result, body.text("text", least=0), act, body.moment()
            )
        case "replace_representative":
            body.check_person()
            body.digest("letter")
            return c.ReplaceRepresentative(act.without_body(), body.photo(), body.flag("compares_faces"))
        case "take_over":
            return c.TakeOver(body.number("fence"), act)
        case "say":
            return c.Say(body.choice(e.Channel, "channel"), body.text("text"), act)
        case "mute":
            return c.Mute(body.text("participant", 80), body.flag("muted"), act)
        case "hide_message":
            return c.HideMessage(body.number("message"), body.text("reason"), act)
        case "report_fault":
            return c.ReportFault(body.text("text", least=0), act)
        case "record_incident":
            return c.RecordIncident(
                kind=body.code("kind"),
                clause=body.letter("clause"),
                subject=body.text("subject", 80, least=0),
                scope=body.texts("scope"),
                text=body.text("text"),
                corrects=body.number("corrects"),
                start=body.number("start"),
                act=act,
            )
        case "explain_incidents":
            return c.ExplainIncidents(body.numbers("incidents"), body.text("text"), act)
        case "sign_register":
            return c.SignRegister(body.number("entries"), body.digest("digest"), act)
        case _:
            raise Malformed("malformed_act", field="type")


def _post(body: Body) -> Role:
    role = body.choice(Role, "role")
    if role not in STAFF:
        raise Malformed("malformed_act", field="role")
    return role
