from courses.models.catalogue import Course, Tutor, TutorCourse
from courses.models.pages import CourseIndexPage, CoursePage, TutorIndexPage, TutorPage

__all__ = ["Course", "CourseIndexPage", "CoursePage", "Tutor", "TutorCourse", "TutorIndexPage", "TutorPage"]
