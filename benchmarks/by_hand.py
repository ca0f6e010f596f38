"""The four trials as somebody would write them by hand: plain numbers, `None` for what is not known, and no words.

What the benchmark compares the engine with. It decides the same criteria, every reading of each, with freshness,
windows, complete lists and what these can deny, and entries that may be something else besides. It leaves out units,
explanations, evidence, reasons, ranges (a score with an input missing is not known at all), partial dates, censored
results and conflicting records.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, log
from typing import NamedTuple

from screener.records.patient import Patient
from screener.values.dates import Duration, TimeUnit, completed_years, day_shifted

Truth = bool | None
BEGINNING = 0


class Entry(NamedTuple):
    """A condition, procedure, drug or event, from day to day. `end` None: it still holds, or nobody knows."""

    name: str
    start: int
    end: int | None
    ongoing: bool
    severity: str | None
    stage: str | None
    controlled: bool | None
    cured: bool | None


class Chart:
    """A patient's record as plain numbers and days, results in canonical units. Making one is not what is measured."""

    def __init__(self, patient: Patient, as_of: int) -> None:
        self.as_of = as_of
        self.sex = patient.sex
        self.age = completed_years(patient.birth.first_day, as_of) if patient.birth is not None else patient.age_years
        self.results = {
            name: sorted(
                (each.when.first_day, each.value.low, float(each.upper_limit) if each.upper_limit is not None else None)
                for each in results
                if each.when is not None
                and each.value is not None
                and each.value.is_exact
                and each.when.last_day <= as_of
            )
            for name, results in patient.results.items()
        }
        self.words = {
            name: sorted(
                (each.when.first_day, min(each.choices))
                for each in results
                if each.when is not None and each.choices is not None and each.when.last_day <= as_of
            )
            for name, results in patient.results.items()
        }
        self.entries: dict[str, list[Entry]] = {}
        for each in (each for episodes in patient.episodes.values() for each in episodes):
            self.entries.setdefault(each.list, []).append(
                Entry(
                    each.concept,
                    each.start.first_day if each.start is not None else BEGINNING,
                    each.end.last_day if each.end is not None else None,
                    each.ongoing,
                    each.severity,
                    each.stage,
                    each.controlled,
                    each.cured,
                )
            )
        self.absent: dict[str, set[str]] = {}
        for each in (each for absences in patient.absences.values() for each in absences):
            if each.when is None or as_of - 90 <= each.when.first_day <= as_of:
                self.absent.setdefault(each.list, set()).add(each.concept)
        self.complete = patient.complete
        self.may_be: dict[str, dict[str, int]] = {
            of: {
                name: max(each.start.first_day if each.start is not None else BEGINNING for each in entries)
                for name, entries in by_name.items()
                if entries
            }
            for of, by_name in patient.may_be.items()
        }
        self.answers = {key: answer.value for key, answer in patient.answers.items()}

    def before(self, count: int, unit: TimeUnit) -> int:
        """The day that lies so long before the day of screening."""
        return day_shifted(self.as_of, Duration(count, unit), -1)

    # ---- results

    def latest(self, name: str, days: int = 7) -> float | None:
        """The latest result that is fresh."""
        results = self.results.get(name)
        return results[-1][1] if results and results[-1][0] >= self.as_of - days else None

    def latest_before(self, name: str, day: int | None) -> float | None:
        """The latest result before a day."""
        if day is None:
            return None
        earlier = [value for when, value, _ in self.results.get(name, ()) if when < day]
        return earlier[-1] if earlier else None

    def lowest(self, name: str, first: int, last: int) -> float | None:
        """The lowest result of some days."""
        return min((value for when, value, _ in self.results.get(name, ()) if first <= when <= last), default=None)

    def highest(self, name: str, first: int) -> float | None:
        """The highest result since a day."""
        return max(
            (value for when, value, _ in self.results.get(name, ()) if first <= when <= self.as_of), default=None
        )

    def rise(self, name: str, days: int) -> tuple[float, float, float] | None:
        """The rise of the latest result over the lowest of some days: absolute, relative, and the steepest a day."""
        recent = [(when, value) for when, value, _ in self.results.get(name, ()) if when >= self.as_of - days]
        if len(recent) < 2:
            return None
        (last_day, last), earlier = recent[-1], recent[:-1]
        lowest = min(value for _, value in earlier)
        steepest = max(((last - value) / (last_day - day) for day, value in earlier if day < last_day), default=0.0)
        return last - lowest, last / lowest - 1, steepest

    def times_upper_limit(self, name: str, low: float, high: float) -> tuple[float, float] | None:
        """The latest result as a multiple of its own upper limit, else of the limits in use: least and most."""
        results = self.results.get(name)
        if not results or results[-1][0] < self.as_of - 7:
            return None
        _, value, limit = results[-1]
        return (value / limit, value / limit) if limit else (value / high, value / low)

    # ---- what happened

    def onset(self, kind: Kind) -> tuple[int, int] | None:
        """The latest onset: the day, or where another entry may be a later one, the first and last possible day."""
        days = [each.start for each in self.entries.get("conditions", ()) if each.name in kind.names]
        if not days:
            return None
        first, perhaps = max(days), self.may_be.get("conditions", {})
        return first, max([first, *[perhaps[head] for head in kind.heads if head in perhaps]])

    def since(self, kind: Kind, onset: tuple[int, int] | None, of: str = "conditions") -> Truth:
        """Whether it was the case since an onset, whichever day that was."""
        if onset is None:
            return None
        truth = self.history(kind, onset[1], of)
        return truth if onset[0] == onset[1] else agreed(truth, self.history(kind, onset[0], of))

    def history(self, kind: Kind, since: int = BEGINNING, of: str = "conditions") -> Truth:
        """Whether it was the case at any time since a day."""
        for each in self.entries.get(of, ()):
            if each.name in kind.names and each.start <= self.as_of:
                end = each.start if each.name in ACUTE else each.end
                if end is None or end >= since:
                    return True
        return self._else(kind, of)

    def began(self, kind: Kind, since: int, of: str = "conditions") -> Truth:
        """Whether it began since a day."""
        for each in self.entries.get(of, ()):
            if each.name in kind.names and since <= each.start <= self.as_of:
                return True
        return self._else(kind, of)

    def now(self, kind: Kind, of: str = "conditions", controlled: Truth = None, severe: Truth = None) -> Truth:
        """Whether it is the case now, and if asked, whether it is severe or not controlled."""
        unsure = False
        for each in self.entries.get(of, ()):
            if each.name not in kind.names or not each.ongoing or each.start > self.as_of:
                continue
            if controlled is None and severe is None:
                return True
            if controlled is not None and each.controlled is controlled:
                return True
            if severe is not None and each.severity == "severe":
                return True
            unsure = unsure or (each.controlled is None if controlled is not None else each.severity is None)
        return None if unsure else self._else(kind, of)

    def at_stage(self, kind: Kind, stages: tuple[str, ...]) -> Truth:
        """Whether it is the case now, at one of some stages."""
        unsure = False
        for each in self.entries.get("conditions", ()):
            if each.name in kind.names and each.ongoing:
                if each.stage in stages:
                    return True
                unsure = unsure or each.stage is None
        return None if unsure else self._else(kind, "conditions")

    def on_days(self, kind: Kind, times: int, since: int) -> Truth:
        """Whether a drug was given on at least so many days since a day."""
        days = 0
        for each in self.entries.get("medications", ()):
            if each.name in kind.names and each.start <= self.as_of and (each.end is None or each.end >= since):
                days += 1 if each.end is None and not each.ongoing else (each.end or self.as_of) - each.start + 1
        return True if days >= times else self._else(kind, "medications")

    def count(self, kind: Kind, times: int) -> Truth:
        """Whether there are at least so many allergies."""
        if sum(each.name in kind.names for each in self.entries.get("allergies", ())) >= times:
            return True
        return self._else(kind, "allergies")

    def _else(self, kind: Kind, of: str) -> Truth:
        """What holds where nothing is on record: no, if all of it is stated to be absent, or if the list is complete,
        can deny it, and has no entry that may be it."""
        if of in self.absent and self.absent[of].issuperset(kind.heads):
            return False
        if of not in self.complete or kind.needed is None:
            return None
        if of in self.may_be and not self.may_be[of].keys().isdisjoint(kind.heads):
            return None
        for needed in kind.needed if of != "plans" else ():
            if needed not in self.complete and self.latest(needed) is None:
                return None
        return False

    def answer(self, trial: str, question: str) -> Truth:
        answers = self.answers
        given = answers.get(f"{trial}/{question}")
        return answers.get(question) if given is None else given


def every(*truths: Truth) -> Truth:
    return False if False in truths else None if None in truths else True


def some(*truths: Truth) -> Truth:
    return True if True in truths else None if None in truths else False


def opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth


def agreed(*readings: Truth) -> Truth:
    return readings[0] if len(set(readings)) == 1 else None


def at_least(number: float | None, limit: float) -> Truth:
    return None if number is None else number >= limit


def below(number: float | None, limit: float) -> Truth:
    return None if number is None else number < limit


def between(number: float | None, low: float, high: float) -> Truth:
    return None if number is None else low <= number <= high


# ---- what counts as what

NARROWER = {
    "chronic_viral_hepatitis": ("chronic_hepatitis_b", "chronic_hepatitis_c"),
    "alcoholic_liver_disease": ("alcoholic_hepatitis", "alcoholic_cirrhosis"),
    "drug_induced_liver_injury": ("toxic_cirrhosis",),
    "autoimmune_liver_disease": (
        "autoimmune_hepatitis",
        "primary_biliary_cholangitis",
        "primary_sclerosing_cholangitis",
    ),
    "other_chronic_liver_disease": ("metabolic_steatotic_liver_disease", "wilson_disease", "hemochromatosis"),
    "cirrhosis": ("decompensated_cirrhosis", "alcoholic_cirrhosis", "toxic_cirrhosis"),
    "chronic_liver_disease": (
        "cirrhosis",
        "chronic_viral_hepatitis",
        "alcoholic_liver_disease",
        "autoimmune_liver_disease",
        "other_chronic_liver_disease",
        "cryptogenic_liver_disease",
        "end_stage_liver_disease",
    ),
    "liver_failure": ("acute_on_chronic_liver_failure",),
    "cholestasis": ("extrahepatic_cholestasis",),
    "extrahepatic_cholestasis": ("biliary_obstruction",),
    "tumor": ("malignancy", "benign_tumor"),
    "malignancy": ("liver_cancer", "skin_cancer", "other_malignancy", "cervical_carcinoma_in_situ", "past_malignancy"),
    "liver_cancer": ("hepatocellular_carcinoma",),
    "skin_cancer": ("basal_cell_carcinoma",),
    "bleeding": ("gastrointestinal_bleeding",),
    "gastrointestinal_bleeding": ("upper_gastrointestinal_bleeding",),
    "venous_thrombosis": ("deep_venous_thrombosis",),
    "sepsis": ("septic_shock",),
    "myocardial_infarction": ("old_myocardial_infarction",),
    "heart_failure": ("acute_heart_failure", "chronic_heart_failure"),
    "circulatory_failure": ("shock",),
    "shock": ("septic_shock", "cardiogenic_shock"),
    "eczema": ("atopic_dermatitis",),
    "mental_disorder": ("psychotic_disorder", "bipolar_disorder", "major_depressive_disorder"),
    "psychotic_disorder": ("schizophrenia",),
    "dialysis": ("hemodialysis", "peritoneal_dialysis", "continuous_renal_replacement", "maintenance_dialysis"),
    "artificial_liver_support": ("plasma_exchange", "MARS", "DPMAS"),
    "immunostimulant": ("interferon",),
    "any_substance": ("any_drug", "any_food", "blood_products"),
    "blood_products": ("human_albumin", "plasma"),
}
ACUTE = frozenset(
    {
        "past_malignancy",
        "venous_thrombosis",
        "deep_venous_thrombosis",
        "pulmonary_embolism",
        "myocardial_infarction",
        "old_myocardial_infarction",
        "cerebral_infarction",
        "cerebral_hemorrhage",
        "anaphylaxis",
    }
)


NEVER_DENIED = frozenset(
    {
        "alcohol_withdrawal",
        "ascites",
        "breastfeeding",
        "drug_abuse",
        "hepatic_encephalopathy",
        "imaging_only_ascites",
        "immobility",
        "jaundice",
        "liver_failure_symptom",
        "planned_pregnancy",
        "pregnancy",
    }
)
"""What has to be measured, examined or asked: no complete list denies it."""
DENIED_WITH = {
    "acute_kidney_injury": ("creatinine", "procedures"),
    "anaphylaxis": ("allergies",),
    "awaiting_transplantation": ("plans",),
    "bleeding": ("hemoglobin",),
    "circulatory_failure": ("mean_arterial_pressure", "medications", "procedures"),
    "continuous_renal_replacement": ("conditions",),
    "dialysis": ("conditions",),
    "disseminated_intravascular_coagulation": ("platelets",),
    "gastrointestinal_bleeding": ("hemoglobin",),
    "infection": ("procalcitonin",),
    "liver_transplantation": ("conditions",),
    "maintenance_dialysis": ("conditions",),
    "respiratory_failure": ("oxygen_saturation", "procedures"),
    "sepsis": ("procalcitonin",),
    "upper_gastrointestinal_bleeding": ("hemoglobin",),
}
"""What must be at hand for a complete list to deny something."""


class Kind(NamedTuple):
    heads: tuple[str, ...]
    names: frozenset[str]
    needed: tuple[str, ...] | None
    """What must be at hand for a complete list to deny it; None: no list does."""


def kind(*heads: str) -> Kind:
    needed = tuple(dict.fromkeys(each for head in heads for each in DENIED_WITH.get(head, ())))
    return Kind(heads, frozenset(_closed(heads)), None if NEVER_DENIED.intersection(heads) else needed)


def _closed(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        yield name
        yield from _closed(NARROWER.get(name, ()))


CHRONIC_LIVER_DISEASE = kind("chronic_liver_disease")
CHRONIC_DISEASE_OR_FAILURE = kind("chronic_liver_disease", "chronic_liver_failure")
CIRRHOSIS = kind("cirrhosis")
LIVER_FAILURE = kind("liver_failure")
CHRONIC_LIVER_FAILURE = kind("chronic_liver_failure")
END_STAGE = kind(
    "end_stage_liver_disease", "decompensated_cirrhosis", "chronic_liver_failure", "acute_on_chronic_liver_failure"
)
KNOWN_CAUSE = kind(
    "chronic_viral_hepatitis", "alcoholic_liver_disease", "drug_induced_liver_injury", "autoimmune_liver_disease"
)
OTHER_CAUSE = kind("other_chronic_liver_disease")
SYMPTOM = kind("jaundice", "liver_failure_symptom")
ASCITES = kind("ascites")
ENCEPHALOPATHY = kind("hepatic_encephalopathy")
ASCITES_OR_ENCEPHALOPATHY = kind("ascites", "hepatic_encephalopathy")
DECOMPENSATION = kind("ascites", "hepatic_encephalopathy", "gastrointestinal_bleeding")
IMAGING_ASCITES = kind("imaging_only_ascites")
GI_BLEEDING = kind("gastrointestinal_bleeding")
UPPER_GI_BLEEDING = kind("upper_gastrointestinal_bleeding")
DIC = kind("disseminated_intravascular_coagulation")
SEPSIS = kind("sepsis")
INFECTION = kind("infection")
INFECTION_OR_SEPSIS = kind("infection", "sepsis")
KIDNEY_INJURY = kind("acute_kidney_injury")
BILE_OR_BLOOD = kind("biliary_obstruction", "hemolysis")
EXTRAHEPATIC = kind("extrahepatic_cholestasis")
CHOLESTASIS = kind("cholestasis")
TUMOR = kind("tumor")
MALIGNANCY = kind("malignancy")
HCC = kind("hepatocellular_carcinoma")
SPARED = kind("basal_cell_carcinoma").names
SPARED_IN_SITU = kind("cervical_carcinoma_in_situ").names
LIVER_VEINS = kind("hepatic_vein_thrombosis", "portal_vein_thrombosis", "splenic_vein_thrombosis")
THROMBOSIS = kind(
    "venous_thrombosis",
    "pulmonary_embolism",
    "portal_vein_thrombosis",
    "hepatic_vein_thrombosis",
    "splenic_vein_thrombosis",
)
HEART_FAILURE = kind("heart_failure")
COPD = kind("chronic_obstructive_pulmonary_disease")
OTHER_LUNG = kind("other_chronic_pulmonary_disease")
INFARCTIONS = kind("myocardial_infarction", "cerebral_infarction", "cerebral_hemorrhage")
ACUTE_EVENTS = kind("myocardial_infarction", "pulmonary_embolism", "cerebral_infarction", "cerebral_hemorrhage")
ACUTE_FAILURES = kind("acute_heart_failure", "respiratory_failure")
EVENTS_AND_FAILURES = kind(*ACUTE_EVENTS.heads, *ACUTE_FAILURES.heads)
CIRCULATORY_FAILURE = kind("circulatory_failure")
MENTAL = kind("mental_disorder")
ANXIETY = kind("anxiety_or_insomnia")
MENTAL_OR_ANXIETY = kind("mental_disorder", "anxiety_or_insomnia")
PSYCHOSIS = kind("psychotic_disorder")
DEPRESSION = kind("major_depressive_disorder")
PSYCHIATRIC_DRUGS = kind("antidepressant", "antipsychotic")
DRUG_ABUSE = kind("drug_abuse")
WITHDRAWAL = kind("alcohol_withdrawal")
HIV = kind("hiv_infection")
IMMUNODEFICIENCY = kind("hiv_infection", "immunodeficiency")
ANAPHYLAXIS = kind("anaphylaxis")
ALLERGIC = kind("allergic_asthma", "allergic_urticaria", "eczema")
WAITING = kind("awaiting_transplantation")
MATERNITY = kind("pregnancy", "breastfeeding")
MATERNITY_PLANNED = kind("pregnancy", "breastfeeding", "planned_pregnancy")
DIALYSIS = kind("dialysis")
ULTRAFILTRATION_OR_DIALYSIS = kind("ascites_ultrafiltration", "dialysis")
CONTINUOUS = kind("continuous_renal_replacement")
MAINTENANCE = kind("maintenance_dialysis")
LIVER_SUPPORT = kind("artificial_liver_support")
TRANSPLANTATION = kind("liver_transplantation")
STEM_CELLS = kind("stem_cell_therapy")
SUPPRESSANT = kind("immunosuppressant")
STIMULANT = kind("immunostimulant")
GLUCOCORTICOID = kind("systemic_glucocorticoid")
IMMUNOGLOBULIN = kind("immunoglobulin")
INTERFERON = kind("interferon")
ANY_GLUCOCORTICOID = kind("systemic_glucocorticoid", "local_glucocorticoid")
VASOPRESSOR = kind("vasopressor")
VASOCONSTRICTOR = kind("vasopressor", "terlipressin", "vasopressin")
HYPOTENSION = kind("hypotension")
HEPATORENAL = kind("hepatorenal_syndrome")
REMISSION = kind("malignancy_in_remission")
INTRACRANIAL = kind("intracranial_hemorrhage")
BLEEDING_ANYWHERE = kind("bleeding", "intracranial_hemorrhage")
TRIALS = kind("trial_participation")
ANYTHING = kind("any_substance")
ANY_DRUG = kind("any_drug")
ANY_FOOD = kind("any_food")
BLOOD = kind("blood_products")


# ---- scores

MG_BILIRUBIN = 17.104
MG_CREATININE = 88.4


def meld(chart: Chart) -> float | None:
    bilirubin, inr = chart.latest("total_bilirubin"), chart.latest("INR")
    week = chart.before(7, "days")
    dialysed = some(
        chart.history(CONTINUOUS, week, "procedures"),
        chart.now(MAINTENANCE, "procedures"),
        sum(
            each.name in DIALYSIS.names and week <= each.start <= chart.as_of
            for each in chart.entries.get("procedures", ())
        )
        >= 2
        or (False if "procedures" in chart.complete else None),
    )
    creatinine = chart.latest("creatinine")
    if dialysed is None or bilirubin is None or inr is None or (creatinine is None and not dialysed):
        return None
    kidneys = 4.0 if dialysed else min(max((creatinine or 0.0) / MG_CREATININE, 1.0), 4.0)
    raw = 10 * (
        0.957 * log(kidneys) + 0.378 * log(max(bilirubin / MG_BILIRUBIN, 1.0)) + 1.12 * log(max(inr, 1.0)) + 0.643
    )
    return min(max(floor(raw + 0.5), 6), 40)


def encephalopathy_points(grade: float) -> int:
    return 1 if grade < 1 else 2 if grade < 3 else 3


def cossh(chart: Chart) -> tuple[float | None, float | None]:
    """COSSH-ACLF II with the points of the paper, and with the grade itself."""
    inr, neutrophils, urea = chart.latest("INR"), chart.latest("neutrophils"), chart.latest("urea")
    bilirubin, grade, age = chart.latest("total_bilirubin"), encephalopathy(chart), chart.age
    if inr is None or neutrophils is None or urea is None or bilirubin is None or grade is None or age is None:
        return None, None
    rest = 1.649 * log(inr) + 0.425 * log(neutrophils) + 0.396 * log(bilirubin) + 0.576 * log(urea) + 0.033 * age
    return rest + 0.457 * encephalopathy_points(grade), rest + 0.457 * grade


def encephalopathy(chart: Chart) -> float | None:
    grade = chart.latest("hepatic_encephalopathy_grade")
    return 0.0 if grade is None and chart.now(ENCEPHALOPATHY) is False else grade


def ascites_points(word: str) -> int:
    return {"none": 1, "slight": 2, "moderate": 3}[word]


def pugh_points(bilirubin: float, albumin: float, inr: float) -> int:
    milligrams = bilirubin / MG_BILIRUBIN
    return (
        (1 if milligrams < 2 else 2 if milligrams <= 3 else 3)
        + (1 if albumin > 35 else 2 if albumin >= 28 else 3)
        + (1 if inr < 1.7 else 2 if inr <= 2.3 else 3)
    )


def child_pugh(chart: Chart) -> float | None:
    bilirubin, albumin, inr = chart.latest("total_bilirubin"), chart.latest("albumin"), chart.latest("INR")
    grade, fluid = encephalopathy(chart), chart.words.get("ascites_grade")
    word = fluid[-1][1] if fluid and fluid[-1][0] >= chart.as_of - 7 else None
    if word is None and chart.now(ASCITES) is False:
        word = "none"
    if bilirubin is None or albumin is None or inr is None or grade is None or word is None:
        return None
    return pugh_points(bilirubin, albumin, inr) + ascites_points(word) + encephalopathy_points(grade)


def child_pugh_before(chart: Chart, onset: int | None) -> float | None:
    """The Child-Pugh score of the last values before the liver failure."""
    if onset is None:
        return None
    bilirubin, albumin = chart.latest_before("total_bilirubin", onset), chart.latest_before("albumin", onset)
    inr = chart.latest_before("INR", onset)
    if bilirubin is None or albumin is None or inr is None:
        return None
    points = pugh_points(bilirubin, albumin, inr)
    for wanted in (ASCITES, ENCEPHALOPATHY):
        earlier = any(each.name in wanted.names and each.start < onset for each in chart.entries.get("conditions", ()))
        if not earlier and "conditions" not in chart.complete:
            return None
        if earlier and wanted is ASCITES:
            words = [word for day, word in chart.words.get("ascites_grade", ()) if day < onset]
            if not words:
                return None
            points += ascites_points(words[-1])
        elif earlier:
            grade = chart.latest_before("hepatic_encephalopathy_grade", onset)
            if grade is None:
                return None
            points += encephalopathy_points(grade)
        else:
            points += 1
    return points


def poor_before(chart: Chart, onset: int, trial: str) -> tuple[Truth, Truth]:
    """Whether platelets or Child-Pugh were poor before an onset: the last values, and any platelet count."""
    jaundiced = at_least(chart.latest_before("total_bilirubin", onset), 5 * MG_BILIRUBIN)
    asked = every(jaundiced, chart.answer(trial, "poor_values_before_the_episode"))
    pugh = child_pugh_before(chart, onset)
    too_high = None if pugh is None else pugh > 9
    last = below(chart.latest_before("platelets", onset), 50)
    lowest = below(chart.lowest("platelets", BEGINNING, onset - 1), 50)
    return (
        some(every(opposite(jaundiced), some(last, too_high)), asked),
        some(every(opposite(jaundiced), some(lowest, too_high)), asked),
    )


# ---- definitions


def coagulopathy(chart: Chart) -> Truth:
    return some(at_least(chart.latest("INR"), 1.5), below(chart.latest("prothrombin_activity"), 40))


def ten_times_the_limit(chart: Chart) -> Truth:
    times = chart.times_upper_limit("total_bilirubin", 17.1, 26)
    return None if times is None else True if times[0] >= 10 else False if times[1] < 10 else None


def ten_times_the_limit_ever(chart: Chart, since: int) -> Truth:
    """Whether any bilirubin since a day was ten times its limit, of its own or of those in use."""
    recent = [(value, limit) for when, value, limit in chart.results.get("total_bilirubin", ()) if when >= since]
    if not recent:
        return None
    if any(value >= 10 * (limit or 26) for value, limit in recent):
        return True
    return None if any(value >= 10 * (limit or 17.1) for value, limit in recent) else False


def apasl(chart: Chart, trial: str) -> Truth:
    bilirubin = chart.latest("total_bilirubin")
    rest = every(
        some(chart.history(CHRONIC_LIVER_DISEASE), chart.answer(trial, "undiagnosed_chronic_liver_disease")),
        coagulopathy(chart),
        chart.history(ASCITES_OR_ENCEPHALOPATHY, chart.before(4, "weeks")),
    )
    return agreed(every(rest, at_least(bilirubin, 5 * MG_BILIRUBIN)), every(rest, at_least(bilirubin, 85)))


def china_2018(chart: Chart) -> Truth:
    rise = chart.rise("total_bilirubin", 7)
    activity = chart.latest("prothrombin_activity")
    return every(
        chart.history(CHRONIC_DISEASE_OR_FAILURE),
        some(ten_times_the_limit(chart), at_least(rise[2] if rise else None, 17.1)),
        some(None if activity is None else activity <= 40, at_least(chart.latest("INR"), 1.5)),
    )


def cossh_definition(chart: Chart) -> Truth:
    inr = chart.latest("INR")
    twelve = at_least(chart.latest("total_bilirubin"), 12 * MG_BILIRUBIN)
    failures = (
        twelve,
        at_least(inr, 2.5),
        at_least(encephalopathy(chart), 3),
        chart.now(VASOPRESSOR, "medications"),
    )
    two = True if failures.count(True) >= 2 else False if failures.count(True) + failures.count(None) < 2 else None
    return every(
        chart.history(CHRONIC_DISEASE_OR_FAILURE),
        some(
            every(twelve, at_least(inr, 1.5)),
            at_least(chart.latest("creatinine"), 2 * MG_CREATININE),
            chart.now(DIALYSIS, "procedures"),
            two,
        ),
    )


def kidney_injury(chart: Chart, trial: str) -> Truth:
    week, days = chart.rise("creatinine", 7), chart.rise("creatinine", 2)
    return some(
        chart.now(KIDNEY_INJURY),
        every(
            at_least(week[0] if week else None, 0.3 * MG_CREATININE),
            at_least(days[0] if days else None, 0.3 * MG_CREATININE),
        ),
        at_least(week[1] if week else None, 0.5),
        every(chart.now(DIALYSIS, "procedures"), chart.answer(trial, "dialysis_for_acute_injury")),
    )


def maternity(chart: Chart, wanted: Kind) -> Truth:
    return False if chart.sex == "male" else chart.now(wanted)


def severe_allergy(chart: Chart) -> Truth:
    severe = [each.severity for each in chart.entries.get("allergies", ()) if each.name in ANYTHING.names]
    if "severe" in severe:
        return True
    return None if None in severe or "allergies" not in chart.complete else False


# ---- the trials; each gives its rules' truths, inclusions and exclusions alike, in the registry's order


def nct03863002(chart: Chart) -> list[Truth]:
    trial = "NCT03863002"
    four_weeks, two_months = chart.before(4, "weeks"), chart.before(2, "months")
    onset = chart.onset(LIVER_FAILURE)
    failure = chart.history(LIVER_FAILURE)
    consent = chart.answer(trial, "informed_consent")
    ten = ten_times_the_limit(chart)
    examined = chart.answer(trial, "ascites_on_examination")
    complicated_now = some(
        chart.history(ASCITES_OR_ENCEPHALOPATHY, four_weeks),
        every(chart.history(IMAGING_ASCITES, four_weeks), examined),
    )
    complicated_then = some(
        chart.since(ASCITES_OR_ENCEPHALOPATHY, onset), every(chart.since(IMAGING_ASCITES, onset), examined)
    )
    worst = every(
        ten_times_the_limit_ever(chart, four_weeks),
        some(
            at_least(chart.highest("INR", four_weeks), 1.5),
            below(chart.lowest("prothrombin_activity", four_weeks, chart.as_of), 40),
        ),
    )
    now = every(ten, coagulopathy(chart))
    base = every(
        some(chart.history(CHRONIC_LIVER_DISEASE), chart.answer(trial, "undiagnosed_chronic_liver_disease")),
        some(
            chart.began(LIVER_FAILURE, four_weeks),
            every(opposite(failure), chart.answer(trial, "decompensated_within_4_weeks")),
        ),
    )
    symptom = chart.history(SYMPTOM, four_weeks)
    bleeds = [
        every(True, below(chart.lowest("hemoglobin", each.start - 7, min(each.start + 7, chart.as_of)), 90))
        for each in chart.entries.get("conditions", ())
        if each.name in GI_BLEEDING.names and (each.end is None or each.end >= two_months)
    ]
    any_bleed = chart.history(GI_BLEEDING, two_months)
    anemic_bleed = some(*bleeds, None if any_bleed is None else False)
    severe_infection = some(
        *[each.severity == "severe" for each in chart.entries.get("conditions", ()) if each.name in INFECTION.names],
        False if chart.history(INFECTION) is not None else None,
    )
    complications = some(
        chart.history(SEPSIS, two_months),
        severe_infection,
        chart.history(ULTRAFILTRATION_OR_DIALYSIS, two_months, "procedures"),
        chart.now(DIALYSIS, "procedures"),
        chart.answer(trial, "other_serious_complication"),
    )
    duct = chart.now(BILE_OR_BLOOD)
    supported = chart.history(LIVER_SUPPORT, of="procedures")
    supported_now = every(
        supported,
        some(
            chart.now(LIVER_SUPPORT, "procedures"),
            chart.since(LIVER_SUPPORT, onset, "procedures"),
        ),
    )
    three_months = chart.before(3, "months")
    afp = chart.latest("alpha_fetoprotein", 90)
    severe_disease = some(
        chart.at_stage(HEART_FAILURE, ("III", "IV")),
        chart.at_stage(COPD, ("III", "IV")),
        every(chart.now(OTHER_LUNG, severe=True), chart.answer(trial, "severe_pulmonary_disease")),
    )
    return [
        between(chart.age, 16, 60),
        consent,
        agreed(
            *[
                every(base, measured, *complicated)
                for measured in (now, worst)
                for complicated in (
                    (complicated_then,),
                    (complicated_now,),
                    (symptom, complicated_then),
                    (symptom, complicated_now),
                )
            ]
        ),
        between(meld(chart), 17, 30),
        some(chart.history(KNOWN_CAUSE), every(chart.history(OTHER_CAUSE), chart.answer(trial, "definite_aetiology"))),
        at_least(chart.latest("body_weight", 30), 50),
        agreed(some(anemic_bleed, complications), some(any_bleed, complications)),
        agreed(
            every(duct, chart.answer(trial, "severe_jaundice_from_bile_or_blood")),
            every(duct, chart.now(MALIGNANCY), chart.answer(trial, "jaundice_from_malignancy")),
        ),
        some(
            chart.history(HCC),
            every(None if afp is None else afp > 400, chart.answer(trial, "AFP_means_HCC")),
        ),
        agreed(chart.history(TUMOR), chart.history(MALIGNANCY)),
        agreed(
            some(severe_disease, chart.now(DIALYSIS, "procedures")),
            some(severe_disease, chart.history(DIALYSIS, of="procedures")),
        ),
        some(
            chart.now(EXTRAHEPATIC), every(chart.now(CHOLESTASIS), chart.answer(trial, "cholestasis_is_extrahepatic"))
        ),
        some(chart.now(LIVER_VEINS), every(chart.history(LIVER_VEINS), chart.answer(trial, "thrombosis_persists"))),
        agreed(supported_now, supported),
        chart.history(TRANSPLANTATION, of="procedures"),
        chart.history(DRUG_ABUSE, chart.before(5, "years")),
        some(
            chart.history(MENTAL),
            chart.history(MENTAL, of="family_history"),
            every(chart.history(ANXIETY), chart.answer(trial, "minor_mental_disorder_counts")),
        ),
        chart.history(HIV),
        maternity(chart, MATERNITY),
        chart.answer(trial, "highly_allergic"),
        chart.answer(trial, "cannot_cooperate_or_move"),
        agreed(chart.began(TRIALS, three_months, "events"), chart.history(TRIALS, three_months, "events")),
        opposite(consent),
    ]


def nct05985863(chart: Chart) -> list[Truth]:
    trial = "NCT05985863"
    month, three_months = chart.before(1, "months"), chart.before(3, "months")
    two_years = chart.before(24, "months")
    onset = chart.onset(LIVER_FAILURE)
    before: tuple[Truth, ...] = (None,)
    if onset is not None:
        before = poor_before(chart, onset[0], trial)
        if onset[0] != onset[1]:
            before += poor_before(chart, onset[1], trial)
    planned = some(
        *[
            each.start <= day_shifted(chart.as_of, Duration(3, "months"), 1)
            for each in chart.entries.get("plans", ())
            if each.name in TRANSPLANTATION.names
        ],
        False if "plans" in chart.complete or "liver_transplantation" in chart.absent.get("plans", ()) else None,
    )
    suppressed = some(
        chart.history(SUPPRESSANT, month, "medications"),
        every(
            chart.history(GLUCOCORTICOID, month, "medications"),
            chart.answer(trial, "glucocorticoid_is_immunosuppressant"),
        ),
    )
    stimulated = some(
        chart.history(STIMULANT, month, "medications"),
        every(
            chart.history(IMMUNOGLOBULIN, month, "medications"),
            chart.answer(trial, "immunoglobulin_is_immune_enhancer"),
        ),
    )
    uncontrolled_depression: Truth = chart.history(DEPRESSION, two_years)
    if uncontrolled_depression:
        controlled = {each.controlled for each in chart.entries.get("conditions", ()) if each.name in DEPRESSION.names}
        uncontrolled_depression = True if False in controlled else None if None in controlled else False
    other_severe = some(
        *[
            None if each.severity is None else each.severity == "severe"
            for each in chart.entries.get("conditions", ())
            if each.name in MENTAL.names
            and each.name not in PSYCHOSIS.names
            and each.name not in DEPRESSION.names
            and (each.end is None or each.end >= two_years)
        ],
        False if "conditions" in chart.complete or "mental_disorder" in chart.absent.get("conditions", ()) else None,
    )
    return [
        between(chart.age, 18, 70),
        apasl(chart, trial),
        chart.answer(trial, "informed_consent"),
        some(
            kidney_injury(chart, trial),
            chart.now(UPPER_GI_BLEEDING),
            at_least(encephalopathy(chart), 2),
            chart.now(INFECTION_OR_SEPSIS, controlled=False),
        ),
        agreed(*before),
        some(chart.now(MALIGNANCY), every(chart.history(MALIGNANCY), chart.answer(trial, "malignancy_still_counts"))),
        some(
            chart.history(TRANSPLANTATION, of="procedures"),
            planned,
            every(chart.now(WAITING), chart.answer(trial, "transplantation_within_3_months")),
        ),
        chart.answer(trial, "severe_extrahepatic_disease"),
        every(chart.history(THROMBOSIS), chart.answer(trial, "thrombosis_makes_ineligible")),
        maternity(chart, MATERNITY_PLANNED),
        some(
            chart.history(ANAPHYLAXIS),
            severe_allergy(chart),
            chart.answer(trial, "highly_allergic"),
        ),
        agreed(some(suppressed, stimulated), every(suppressed, stimulated)),
        chart.history(DRUG_ABUSE, chart.before(5, "years")),
        chart.now(WITHDRAWAL),
        some(
            chart.history(PSYCHOSIS, two_years),
            uncontrolled_depression,
            every(other_severe, chart.answer(trial, "severe_mental_disorder")),
        ),
        some(chart.history(TRIALS, three_months, "events"), chart.history(STEM_CELLS, of="procedures")),
        chart.answer(trial, "otherwise_unsuitable"),
    ]


def nct06242405(chart: Chart) -> list[Truth]:
    trial = "NCT06242405"
    four_weeks, year = chart.before(4, "weeks"), chart.before(1, "years")
    pugh = child_pugh(chart)
    serious = chart.answer(trial, "serious_cardiopulmonary_disease")
    interferon = chart.history(INTERFERON, year, "medications")
    one_dose = chart.answer(trial, "one_dose_is_a_therapy")
    allergic = chart.history(ALLERGIC)
    drugs, foods = chart.count(ANY_DRUG, 2), chart.count(ANY_FOOD, 2)
    end_stage = some(
        chart.now(END_STAGE),
        every(chart.now(LIVER_FAILURE), chart.history(CHRONIC_LIVER_DISEASE)),
        china_2018(chart),
        every(
            chart.history(CIRRHOSIS),
            some(every(at_least(pugh, 7), chart.history(DECOMPENSATION)), at_least(meld(chart), 15)),
        ),
    )
    return [
        between(chart.age, 18, 80),
        some(
            end_stage,
            every(chart.history(CHRONIC_LIVER_DISEASE), chart.answer(trial, "end_stage_liver_disease_by_clinician")),
        ),
        chart.answer(trial, "informed_consent"),
        agreed(chart.now(TUMOR), chart.history(TUMOR), chart.now(MALIGNANCY), chart.history(MALIGNANCY)),
        chart.history(TRANSPLANTATION, of="procedures"),
        agreed(
            some(chart.began(ACUTE_EVENTS, four_weeks), chart.now(ACUTE_FAILURES), serious),
            some(chart.history(EVENTS_AND_FAILURES), serious),
        ),
        chart.answer(trial, "other_life_limiting_disease"),
        agreed(chart.history(HIV), chart.history(IMMUNODEFICIENCY)),
        agreed(
            *[
                some(
                    interferon,
                    chart.on_days(steroid, 2, year),
                    every(chart.history(steroid, year, "medications"), one_dose),
                )
                for steroid in (GLUCOCORTICOID, ANY_GLUCOCORTICOID)
            ]
        ),
        every(
            some(chart.history(MENTAL_OR_ANXIETY), chart.history(PSYCHIATRIC_DRUGS, of="medications")),
            chart.answer(trial, "treated_for_mental_illness"),
        ),
        chart.history(TRIALS, chart.before(30, "days"), "events"),
        maternity(chart, MATERNITY),
        agreed(some(allergic, every(drugs, foods)), some(allergic, drugs, foods)),
        chart.answer(trial, "otherwise_unsuitable"),
    ]


def nct07409259(chart: Chart) -> list[Truth]:
    trial = "NCT07409259"
    half_year, five_years = chart.before(6, "months"), chart.before(5, "years")
    paper, literal = cossh(chart)
    either = some(china_2018(chart), cossh_definition(chart))
    coagulation = chart.now(DIC, controlled=False)
    cancers = [
        each
        for each in chart.entries.get("conditions", ())
        if each.name in MALIGNANCY.names and (each.end is None or each.end >= five_years)
    ]
    no_more: Truth = (
        False if "conditions" in chart.complete or "malignancy" in chart.absent.get("conditions", ()) else None
    )
    uncured = [None if each.cured is None else not each.cured for each in cancers]
    both_cured = some(
        *[
            cured if each.name in SPARED or each.name in SPARED_IN_SITU else True
            for each, cured in zip(cancers, uncured, strict=True)
        ],
        no_more,
    )
    first_cured = some(
        *[
            cured if each.name in SPARED else each.name not in SPARED_IN_SITU
            for each, cured in zip(cancers, uncured, strict=True)
        ],
        no_more,
    )
    vasopressor = chart.now(VASOPRESSOR, "medications")
    for_shock = chart.answer(trial, "vasoconstrictor_for_shock")
    remission = every(chart.history(REMISSION), chart.answer(trial, "malignancy_within_5_years"))
    in_the_head = every(
        chart.began(INTRACRANIAL, chart.before(4, "weeks")), chart.answer(trial, "intracranial_bleeding_active")
    )
    return [
        between(chart.age, 18, 65),
        every(either, chart.answer(trial, "ACLF_by_China_2024")),
        agreed(below(paper, 7.4), below(literal, 7.4)),
        chart.answer(trial, "informed_consent"),
        every(
            chart.now(CHRONIC_LIVER_FAILURE), some(opposite(either), chart.answer(trial, "chronic_liver_failure_type"))
        ),
        agreed(
            some(chart.now(BLEEDING_ANYWHERE, controlled=False), coagulation, in_the_head),
            some(chart.now(BLEEDING_ANYWHERE), coagulation, in_the_head),
        ),
        some(
            chart.count(BLOOD, 1),
            every(chart.count(ANY_DRUG, 1), chart.answer(trial, "allergy_to_protocol_drug")),
        ),
        some(
            chart.now(CIRCULATORY_FAILURE),
            every(vasopressor, opposite(chart.now(HEPATORENAL))),
            every(chart.now(VASOCONSTRICTOR, "medications"), for_shock),
            every(chart.history(VASOPRESSOR, chart.before(3, "days"), "medications"), for_shock),
            every(chart.now(HYPOTENSION), chart.answer(trial, "hypotension_is_circulatory_failure")),
        ),
        chart.history(INFARCTIONS, half_year),
        agreed(some(both_cured, remission), some(first_cured, remission)),
        maternity(chart, MATERNITY),
        chart.answer(trial, "otherwise_unsuitable"),
    ]


TRIALS_BY_HAND = {
    "NCT03863002": nct03863002,
    "NCT05985863": nct05985863,
    "NCT06242405": nct06242405,
    "NCT07409259": nct07409259,
}


def decide(chart: Chart) -> dict[str, list[Truth]]:
    """The truth of every rule of every trial."""
    return {trial: rules(chart) for trial, rules in TRIALS_BY_HAND.items()}
