"""One clinic at work: its file as it stands now, the brand it belongs to, its open tasks, its post."""

from datetime import datetime
from typing import TYPE_CHECKING

from app.domain.clinic import Clinic
from app.simulation.brand import Brand
from app.simulation.post import Post
from app.simulation.rows import Tasks
from app.simulation.telling import Teller

if TYPE_CHECKING:
    from app.simulation.engine import Simulation


class Office:
    """What a simulation has of each clinic. `named`: whether lines say which clinic they are about."""

    def __init__(
        self, simulation: "Simulation", clinic: Clinic, brand: Brand, begins: datetime, *, named: bool
    ) -> None:
        self.clinic = clinic
        self.brand = brand
        self.tasks = Tasks()
        self.teller = Teller(clinic, simulation.names, clinic.key if named else None)
        self.post = Post(simulation, self, begins)

    def adopt(self, clinic: Clinic, now: datetime) -> None:
        """From now on the clinic goes by another version of its file."""
        self.clinic = self.teller.clinic = clinic
        self.post.adopt(clinic, now)
