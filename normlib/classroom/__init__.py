"""The teacher's kit: assignments, a grader that trusts no submission, feedback, and a report on the class.

``python -m normlib.classroom --help`` lists what it does. Readers of the book need nothing of it.
"""

from .assignments import Assignment, Task, find_assignment, try_out
from .box import Answer, Box
from .folder import Grades
from .grading import grade_class
from .notebooks import Unreadable
from .submissions import Submission, find_submissions

__all__ = [
    "Answer",
    "Assignment",
    "Box",
    "Grades",
    "Submission",
    "Task",
    "Unreadable",
    "find_assignment",
    "find_submissions",
    "grade_class",
    "try_out",
]
