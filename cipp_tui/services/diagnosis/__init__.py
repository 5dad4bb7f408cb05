"""Why a tenant does not work: one verdict with one next step, from a table of rules."""

from cipp_tui.services.diagnosis.case import Case
from cipp_tui.services.diagnosis.diagnose import diagnose, diagnosis_of
from cipp_tui.services.diagnosis.verdict import Diagnosis, FactLine, Sign, Weight

__all__ = ["Case", "Diagnosis", "FactLine", "Sign", "Weight", "diagnose", "diagnosis_of"]
