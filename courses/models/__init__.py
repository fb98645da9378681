from courses.models.catalogue import Course, Level, Subject, Tutor, TutorCourse
from courses.models.pages import CourseIndexPage, CoursePage, TutorIndexPage, TutorPage

__all__ = [
    "Course",
    "CourseIndexPage",
    "CoursePage",
    "Level",
    "Subject",
    "Tutor",
    "TutorCourse",
    "TutorIndexPage",
    "TutorPage",
]
