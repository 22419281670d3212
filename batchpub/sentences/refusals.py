"""What a person is to do about Zoho's final no: that first, and Zoho's own words behind it."""

AGAIN = "then hand the list in again"
REMEDIES = {  # codes of Zoho's documented list (docs/reference/answers.md), and statuses
    "NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH": f"The course is empty: add a file or a link to it in Zoho, {AGAIN}.",
    "NO_SESSION_FOUND_TO_PUBLISH": f"The batch has no session: add one in Zoho, {AGAIN}.",
    "UNSUPPORTED_OPERATION_BL_COURSE_PUBLISH_VIA_COURSE_API": (
        f"It is a blended course, which is published batch by batch: fill in its Batch ID, {AGAIN}."
    ),
    "UNSUPPORTED_OPERATION_EL_COURSE_PUBLISH": "It is e-material, which cannot be published this way: publish it in Zoho.",
    "COURSE_ALREADY_COMPLETED": "The course is over: take the row out, or open the course again in Zoho.",
    "BATCH_DATE_AND_SESSION_DATE_MISMATCH": f"A session lies outside the batch's dates: mend the dates in Zoho, {AGAIN}.",
    "UNSUPPORTED_OPERATION": f"Zoho does not allow it for this course: look at its type and state in Zoho, {AGAIN}.",
    "INVALID_INPUT": f"Zoho does not take this id: compare it with the address of the course's page, {AGAIN}.",
    "403": f"This account may not publish the course: have its owner add you as an administrator of it, {AGAIN}.",
    "422": f"Zoho cannot process it as it is: look at the course in Zoho, {AGAIN}.",
}
UNKNOWN_COURSE = f"Zoho knows no such course: look the id up in Zoho and correct it, {AGAIN}."
UNKNOWN_BATCH = f"Zoho knows no such batch of this course: look both ids up in Zoho and correct them, {AGAIN}."
OTHERWISE = f"Zoho refuses it: look at the course in Zoho, {AGAIN}."
NOT_FOUND = "404"


def say_refused(*, code: str, message: str, http_status: int | None, is_batch: bool) -> str:
    """Say what to do about a refusal, then what Zoho said."""
    status = str(http_status or "")
    if NOT_FOUND in (code, status):
        todo = UNKNOWN_BATCH if is_batch else UNKNOWN_COURSE
    else:
        todo = REMEDIES.get(code) or REMEDIES.get(status) or OTHERWISE
    said = ": ".join(part for part in (code, message.rstrip(".")) if part)
    return f"{todo} Zoho's words: {said}." if said else todo
