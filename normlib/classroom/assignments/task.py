"""What an assignment is made of."""

from dataclasses import dataclass

from ...check import Exercise


@dataclass(frozen=True)
class Task:
    """One task: code that the grader judges, or a text that the teacher reads.

    Attributes
    ----------
    id : str
        Marks its cell in the notebook.
    title : str
    points : float
    exercise : Exercise or None
        What the code is judged by; None for a written answer.
    function : str
        The name that the code must define.
    rubric : tuple of (float, str)
        For a written answer: points, and what they are given for. They add up to `points`.
    """

    id: str
    title: str
    points: float
    exercise: Exercise | None = None
    function: str = ""
    rubric: tuple[tuple[float, str], ...] = ()

    def __post_init__(self):
        if (self.exercise is None) == (not self.rubric):
            raise ValueError(f"{self.id}: expected an exercise or a rubric, and not both")
        if self.exercise is not None and not self.function.isidentifier():
            raise ValueError(f"{self.id}: function = {self.function!r} came; expected the name of a function")
        if self.rubric and sum(points for points, _ in self.rubric) != self.points:
            raise ValueError(f"{self.id}: the rubric's points don't add up to {self.points}")


@dataclass(frozen=True)
class Assignment:
    """Tasks that are handed in together, in one notebook.

    Attributes
    ----------
    name : str
        Also of the notebook, without `.ipynb`.
    title : str
    tasks : tuple of Task
    packages : tuple of str
        What the code may import, besides the standard library.
    """

    name: str
    title: str
    tasks: tuple[Task, ...]
    packages: tuple[str, ...] = ("numpy",)

    @property
    def points(self):
        """All that can be reached."""
        return sum(task.points for task in self.tasks)

    @property
    def coded(self):
        """The tasks that the grader judges."""
        return tuple(task for task in self.tasks if task.exercise is not None)

    @property
    def written(self):
        """The tasks that the teacher reads."""
        return tuple(task for task in self.tasks if task.rubric)

    def task(self, id):
        """The task of that id.

        Parameters
        ----------
        id : str

        Returns
        -------
        Task

        Raises
        ------
        KeyError
            If there is none; says which there are.
        """
        for task in self.tasks:
            if task.id == id:
                return task
        raise KeyError(f"no task {id!r} in {self.name}; expected one of {', '.join(task.id for task in self.tasks)}")
