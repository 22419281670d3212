"""The list that every program is given, and which of its ids may be published."""

HEADINGS = ["Course ID", "Course name", "Notify", "Publish", "Replaces"]
IDS = [
    "478346000019582101", "478346000019582357", "478346000019582943", "478346000019583217", "478346002022887655",
    "478346003785191467", "478346005463411583", "478346006377305011", "478346009767898231", "478346013094026977",
    "478346016017102305", "478346018590884269",
]  # fmt: skip
NAMES = [
    "Fire safety", "Data, protection", 'Lifting "heavy"', "First aid\nfor two", "Überblick", "Risk | hazard",
    "Forklift & crane", "<b>Ladders</b>", "=1+1", "Working; alone", "Noise", "Asbestos",
]  # fmt: skip
DECOYS = {2: "478346000099111323", 6: "478346000099222719"}
"""Ids of other courses in the last column, which is blank on most rows: nobody means them."""

KEPT_BACK = 7  # the row that says Publish = no
JOB = {
    "headings": HEADINGS,
    "rows": [
        [one, name, "yes" if place % 3 == 0 else "", "no" if place == KEPT_BACK else "", DECOYS.get(place, "")]
        for place, (one, name) in enumerate(zip(IDS, NAMES, strict=True))
    ],
    "gap": 4,
    "hidden": [2, 4],
    "filter": [place for place in range(len(IDS)) if place % 3],
    "merged": [5, 6],
    "old": ["478346000077333415", "478346000077444921"],
}


def meant(kind):
    """Give the ids that may be published from a file of this kind. A number may have been rounded: no other id may."""
    out = {KEPT_BACK}
    if kind in ("hidden", "filter", "merged"):
        out |= set(JOB[kind])
    if kind == "gap":
        out.add(JOB["gap"])
    return set() if kind == "formula" else {one for place, one in enumerate(IDS) if place not in out}
