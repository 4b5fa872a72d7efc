"""Problem types, settings documents, YAML, help."""

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from studio.server.downloads import user_file
from studio.server.lanes import in_lane
from studio.server.routes.texts import FileQuery, IdPath, OptionalName
from studio.server.schemas.catalogue import (
    Help,
    LoadedSettings,
    ProblemTypeInfo,
    Reference,
    SettingsCheck,
    SettingsChoice,
    SettingsDocument,
    SettingsInput,
    SettingsPreview,
    SuggestedSettings,
    YamlText,
)
from studio.server.studio import StudioDep

router = APIRouter(prefix="/api", tags=["catalogue"])


@router.get("/problem-types")
def list_problem_types(studio: StudioDep) -> list[ProblemTypeInfo]:
    """Every kind of problem."""
    return studio.catalogue.problem_types()


@router.get("/schema/{problem_type}", response_model_exclude_unset=True)
@in_lane("settings")
def get_schema(
    studio: StudioDep, problem_type: IdPath, model_type: OptionalName = None, dataset: OptionalName = None
) -> SettingsDocument:
    """The settings of a problem type, with the choices of a dataset and this machine."""
    return studio.catalogue.document(problem_type, model_type, dataset)


@router.post("/settings/check")
@in_lane("settings")
def check_settings(studio: StudioDep, body: SettingsInput) -> SettingsCheck:
    """Everything that is wrong or worth knowing before a start."""
    return studio.catalogue.check(body)


@router.post("/settings/load")
@in_lane("settings")
def load_settings(studio: StudioDep, body: YamlText) -> LoadedSettings:
    """What a YAML says."""
    return studio.catalogue.load(body.yaml)


@router.post("/settings/yaml")
@in_lane("settings")
def write_settings(studio: StudioDep, body: SettingsInput) -> YamlText:
    """The YAML of settings."""
    return YamlText(yaml=studio.catalogue.dump(body))


@router.post("/settings/suggest")
@in_lane("settings")
def suggest_settings(studio: StudioDep, body: SettingsChoice) -> SuggestedSettings:
    """The suggested recipe for this data and machine."""
    return studio.catalogue.suggest(body)


@router.post("/settings/preview")
@in_lane("previews")
def preview_settings(studio: StudioDep, body: SettingsInput) -> SettingsPreview:
    """What training and inference would see of a few rows."""
    return studio.previews.make(body)


@router.get("/previews/{preview_id}/media", response_class=FileResponse)
def get_preview_media(studio: StudioDep, preview_id: IdPath, path: FileQuery) -> Response:
    """A picture of a preview."""
    return user_file(studio.home, studio.previews.media(preview_id, path), is_immutable=True)


@router.get("/reference/{problem_type}")
@in_lane("settings")
def get_reference(studio: StudioDep, problem_type: IdPath) -> Reference:
    """The settings reference, as Markdown."""
    return Reference(markdown=studio.catalogue.reference(problem_type))


@router.get("/help")
def get_help(studio: StudioDep) -> Help:
    """Every page of help."""
    return studio.catalogue.help()
