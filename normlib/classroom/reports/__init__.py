"""Pages for students and teachers: plain HTML in one file each, without scripts and without other hosts."""

from .class_report import class_report
from .feedback import feedback
from .written import written_answers

__all__ = ["class_report", "feedback", "written_answers"]
