import type { components } from "./schema";

/** What the server answers, from its OpenAPI document: `npm run types` makes `schema.d.ts`. */

type Schemas = components["schemas"];
/** The server always sends every field; a field with a default is only optional on its way in. */
type Complete<T> = { [K in keyof T]-?: Complete<T[K]> };

export type SettingValue = boolean | number | string | (boolean | number | string | null)[] | null;
export type SettingValues = Record<string, SettingValue>;
export type GridValues = Record<string, SettingValue[]>;

export type Finding = Complete<Schemas["Finding"]>;
export type FindingLevel = Finding["level"];
export type Problem = { code: string; message: string; hint: string; id?: string | null; setting?: string | null };

export type StorageUse = Complete<Schemas["StorageUse"]>;
export type CleanUp = Complete<Schemas["CleanUp"]>;
export type ColumnOffer = Complete<Schemas["ColumnOffer"]>;

export type RunState = Schemas["RunState"];
export type WorkState = RunState | "inspecting" | "ready" | "scanning";

export type Me = Complete<Schemas["Me"]>;
export type MetricInfo = Complete<Schemas["MetricInfo"]>;
export type ColumnRole = Complete<Schemas["ColumnRoleInfo"]>;
export type ProblemType = Complete<Schemas["ProblemTypeInfo"]>;
export type ExplanationMethod = NonNullable<ProblemType["explanation"]>;

export type ExperienceLevel = "novice" | "skilled" | "expert" | "master";
export type ConditionTest = {
  key: string;
  in?: SettingValue[] | null;
  not_in?: SettingValue[] | null;
  lt?: number | null;
  gt?: number | null;
  longer?: number | null;
  contains?: string | null;
  not_contains?: string | null;
};
export type Condition = { all?: ConditionTest[] | null; any?: ConditionTest[] | null };
export type SettingType =
  "string" | "text" | "int" | "float" | "bool" | "enum" | "multi" | "tags" | "column" | "secret";
/** The document leaves further fields open, so this one is spelt out. */
export type Setting = {
  key: string;
  label: string;
  section: string;
  type: SettingType;
  default: SettingValue;
  choices?: [SettingValue, string][] | null;
  free?: boolean | null;
  min?: number | null;
  max?: number | null;
  exclusive_min?: boolean | null;
  exclusive_max?: boolean | null;
  step?: number | null;
  log?: boolean | null;
  unit?: string | null;
  grid: boolean;
  grid_values?: SettingValue[] | null;
  level: ExperienceLevel;
  visible_if?: Condition | null;
  help: string;
  optional: boolean;
  fixed: boolean;
  /** Chosen above the form. */
  head?: boolean;
  paper?: string | null;
};
export type SuggestedChange = { key: string; value: SettingValue; default: SettingValue; reason: string };
export type SettingsDocument = {
  problem_type: string;
  title: string;
  model_type: string | null;
  version: number;
  hash: string;
  sections: { id: string; title: string }[];
  settings: Setting[];
  facts: SettingValues;
  values: SettingValues;
  suggested: SuggestedChange[];
};
export type Draft = { problem_type: string; model_type: string | null; settings: SettingValues; grid: GridValues };
export type SettingsCheck = Complete<Schemas["SettingsCheck"]>;
export type SettingsPreview = Complete<Schemas["SettingsPreview"]>;
export type LoadedSettings = Draft & {
  taken: string[];
  translated: { from: string; to: string }[];
  not_applicable: { key: string; reason: string }[];
  findings: Finding[];
};

export type Upload = Complete<Schemas["Upload"]>;
export type Choices = Complete<Schemas["Choices"]>;
export type Role = Choices["roles"][string];
export type Import = Complete<Schemas["Import"]>;
export type ImportTable = Import["tables"][number];

export type Dataset = Complete<Schemas["Dataset"]>;
export type DatasetTable = Dataset["tables"][number];
export type ColumnProfile = DatasetTable["columns"][number];
type WholeProfile = Complete<Schemas["DatasetProfile"]>;
/** Data has only some of the parts. */
export type DatasetProfile = Omit<WholeProfile, "parts"> & { parts: Partial<WholeProfile["parts"]> };
export type ImagePart = WholeProfile["parts"]["images"];
export type VolumePart = WholeProfile["parts"]["volumes"];
export type AudioPart = WholeProfile["parts"]["audio"];
export type LabelPart = WholeProfile["parts"]["labels"];
export type Example = Complete<Schemas["Example"]>;
export type UsedBy = Complete<Schemas["UsedBy"]>;

export type MediaRef = Complete<Schemas["MediaRef"]>;
/** How large a picture of a medium is: a small one, in full, or a sheet of the slices of a volume. */
export type MediaSize = 256 | "full" | "slices";
export type LabelScore = Complete<Schemas["LabelScore"]>;
export type Box = Complete<Schemas["Box"]>;
export type Mask = Complete<Schemas["Mask"]>;
export type Instance = Complete<Schemas["Instance"]>;
export type TextMark = Complete<Schemas["TextMark"]>;
export type TextSpan = Complete<Schemas["TextSpan"]>;
export type TextBlock = Complete<Schemas["TextBlock"]>;
export type Neighbour = Complete<Schemas["Neighbour"]>;
export type SampleView = Complete<Schemas["SampleView"]>;
export type Annotation = NonNullable<SampleView["truth"]>;
export type SamplePage = {
  total: number;
  rows: SampleView[];
  splits?: string[];
  /** Which of loss, truth, prediction, correct and confidence some sample has; of predictions only. */
  known?: string[];
};

export type ExperimentRow = Complete<Schemas["ExperimentRow"]>;
export type Experiment = Complete<Schemas["Experiment"]>;
export type MetricSummary = NonNullable<ExperimentRow["metric"]>;
export type Run = Complete<Schemas["Run"]>;
export type SpeedChoice = NonNullable<Run["speed"]>;
export type RunTimings = NonNullable<Run["timings"]>;
export type ExperimentSettings = Draft & {
  changes: { key: string; default: SettingValue; value: SettingValue }[];
  document_version: number;
};

export type SeriesHistory = Complete<Schemas["SeriesData"]>;
export type LogLine = Complete<Schemas["LogLine"]>;
export type LogPage = Complete<Schemas["LogPage"]>;
export type RunFile = Complete<Schemas["RunFile"]>;
export type InsightEntry = Complete<Schemas["InsightEntry"]>;
export type InsightGroup = InsightEntry["group"];

export type Prediction = Complete<Schemas["Prediction"]>;
export type Machine = Complete<Schemas["MachineInfo"]>;
export type Queue = Complete<Schemas["Queue"]>;
export type WorkKind = Queue["running"][number]["kind"];
export type Preferences = Partial<Complete<Schemas["Preferences"]>>;
export type About = Complete<Schemas["About"]>;
export type HelpTopic = Complete<Schemas["HelpTopic"]>;
