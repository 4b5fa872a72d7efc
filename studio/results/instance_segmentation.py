"""The metrics and panels of instance segmentation: those of objects, and what is matched by size."""

from studio.results.detection import DETECTION_METRICS, MATCHES_BY_SIZE, Panel

PANELS: tuple[str, ...] = (*Panel, MATCHES_BY_SIZE)
INSTANCE_METRICS = tuple(
    metric.model_copy(update={"definition": f"{metric.definition} IoU is that of masks."})
    for metric in sorted(DETECTION_METRICS, key=lambda metric: metric.name)
)
