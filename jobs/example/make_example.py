"""Write jobs/example/courses.xlsx: a list of courses as staff really send it, with every mistake they really make.

Run `python jobs/example/make_example.py` after a change here, and commit the workbook.
"""

from pathlib import Path

import xlsxwriter

TITLES = [
    "Fire Safety", "First Aid at Work", "Data Protection Basics", "Ladder Safety", "Manual Handling",
    "Working at Height", "Forklift Refresher", "Food Hygiene Level 2", "Lone Working", "Display Screens",
    "Anti-Bribery", "Equality and Diversity", "Conflict of Interest", "Whistleblowing", "Phishing Awareness",
    "Passwords and MFA", "Clear Desk", "Incident Reporting", "Chemical Handling", "Noise at Work",
    "Driving for Work", "Mental Health First Aid", "Safeguarding", "Visitor Management", "Waste Sorting",
    "Energy Saving", "Customer Care", "Complaints", "Telephone Skills", "Meeting Culture",
    "Project Basics", "Budget Basics", "Purchasing", "Travel Policy", "Expenses",
    "Onboarding Week 1", "Onboarding Week 2", "Manager Essentials", "Feedback Talks", "Interview Training",
]  # fmt: skip
UNKNOWN_ID = "478346000019599999"  # sandbox.toml answers 404 for it
OWNERS = ("Ann Keller", "Bob Osei", "Chiara Conti")


def course_id(number: int) -> str:
    """Give an id that looks like Zoho's: 18 digits, the last ones irregular."""
    return f"478346000019{580_117 + number * 137:06d}"


def write_example(path: Path) -> None:
    """Write the workbook: a title row, a blank one, the heading in row 3, the courses below."""
    book = xlsxwriter.Workbook(str(path))
    page, text, bold = (
        book.add_worksheet("Q4 courses"),
        book.add_format({"num_format": "@"}),
        book.add_format({"bold": True}),
    )
    page.write_string(0, 0, "Mandatory training Q4 - list for the LMS team", bold)
    for column, heading in enumerate(("Course Name", "Course ID", "Department", "Owner", "Notify", "Publish?")):
        page.write_string(2, column, heading, bold)
    rows = [
        (
            title,
            course_id(n),
            ("Safety", "Compliance", "Office")[n % 3],
            OWNERS[n % 3],
            "yes" if n in (2, 17) else "",
            "",
        )
        for n, title in enumerate(TITLES)
    ]
    rows[33] = (*rows[33][:5], "no")
    rows.insert(12, rows[3])  # somebody pasted it twice
    rows.insert(26, ("Team Retreat", UNKNOWN_ID, "Office", OWNERS[0], "", ""))
    rows.insert(30, ("", "", "", "", "", ""))
    rows.insert(36, ("Winter Driving", "", "Safety", OWNERS[1], "", ""))
    for number, row in enumerate(rows, start=3):
        for column, value in enumerate(row):
            if value:
                page.write_string(number, column, value, text if column == 1 else None)
    page.write_string(len(rows) + 3, 0, "Spring Cleaning")
    page.write_number(len(rows) + 3, 1, 478346000019587016)  # stored as a number: its last digits are gone
    page.set_column(0, 0, 30)
    page.set_column(1, 1, 22, text)
    page.set_column(2, 5, 14)
    book.close()


if __name__ == "__main__":
    write_example(Path(__file__).with_name("courses.xlsx"))
