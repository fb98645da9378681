from booking.models.appointments import Appointment
from booking.models.availability import AvailabilityException, TimeOff, WeeklyRule
from booking.models.carts import Cart, CartLine
from booking.models.claims import TimeClaim

__all__ = ["Appointment", "AvailabilityException", "Cart", "CartLine", "TimeClaim", "TimeOff", "WeeklyRule"]
