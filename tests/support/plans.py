"""A plan of any length, for what runs without a sheet."""

from batchpub.course import Course, Pile, Plan, PlannedRow, PlannedSheet


def make_plan_of(count):
    """Give so many courses, each on a row of its own, nobody to be mailed."""
    ids = [str(478346000019580117 + number) for number in range(count)]
    rows = tuple(
        PlannedRow(
            position=number,
            sheet_index=0,
            row=number + 2,
            cell=f"A{number + 2}",
            course=Course(course_id=one),
            name=f"Course {number}",
            notify=False,
            pile=Pile.TO_PUBLISH,
            values=(one, f"Course {number}"),
        )
        for number, one in enumerate(ids)
    )
    sheet = PlannedSheet(file="courses.xlsx", sheet="Courses", headings=("Course ID", "Course Name"))
    return Plan(sheets=(sheet,), rows=rows)
