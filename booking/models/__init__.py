from booking.models.appointments import Appointment, AppointmentChange
from booking.models.availability import AvailabilityException, TimeOff, WeeklyRule
from booking.models.carts import Cart, CartLine
from booking.models.claims import TimeClaim

__all__ = [
    "Appointment",
    "AppointmentChange",
    "AvailabilityException",
    "Cart",
    "CartLine",
    "TimeClaim",
    "TimeOff",
    "WeeklyRule",
]
