import { createBrowserRouter, Navigate, type RouteObject } from "react-router";
import { useDatasets } from "./api/datasets";
import { Frame } from "./frame/Frame";
import { RouteError } from "./frame/RouteError";

type Module = Record<string, unknown>;

/** A page that is loaded when somebody goes there. */
function page<Name extends string>(
  load: () => Promise<Module & Record<Name, () => React.ReactNode>>,
  name: Name,
): Pick<RouteObject, "lazy"> {
  return { lazy: async () => ({ Component: (await load())[name] }) };
}

function Start() {
  const datasets = useDatasets();
  if (datasets.isPending) return null;
  return <Navigate to={datasets.data && datasets.data.length > 0 ? "/experiments" : "/welcome"} replace />;
}

export const routes: RouteObject[] = [
  {
    path: "/",
    Component: Frame,
    ErrorBoundary: RouteError,
    HydrateFallback: () => null,
    children: [
      { index: true, Component: Start },
      { path: "welcome", ...page(() => import("./pages/WelcomePage"), "WelcomePage") },
      { path: "datasets", ...page(() => import("./pages/DatasetsPage"), "DatasetsPage") },
      { path: "datasets/import", ...page(() => import("./pages/ImportPage"), "ImportPage") },
      { path: "datasets/:id/:tab?", ...page(() => import("./pages/DatasetPage"), "DatasetPage") },
      { path: "experiments", ...page(() => import("./pages/ExperimentsPage"), "ExperimentsPage") },
      { path: "experiments/new", ...page(() => import("./pages/NewExperimentPage"), "NewExperimentPage") },
      { path: "experiments/:id/:tab?/:panel?", ...page(() => import("./pages/ExperimentPage"), "ExperimentPage") },
      { path: "predictions", ...page(() => import("./pages/PredictionsPage"), "PredictionsPage") },
      { path: "predictions/new", ...page(() => import("./pages/NewPredictionPage"), "NewPredictionPage") },
      { path: "predictions/:id", ...page(() => import("./pages/PredictionPage"), "PredictionPage") },
      { path: "queue", ...page(() => import("./pages/QueuePage"), "QueuePage") },
      { path: "settings/:section?", ...page(() => import("./pages/SettingsPage"), "SettingsPage") },
      { path: "help/:topic?", ...page(() => import("./pages/HelpPage"), "HelpPage") },
      { path: "*", ...page(() => import("./pages/NotFoundPage"), "NotFoundPage") },
    ],
  },
];

export function createRouter() {
  return createBrowserRouter(routes);
}
