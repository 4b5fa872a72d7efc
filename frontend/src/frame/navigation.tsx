import type { ReactNode } from "react";
import { DatasetIcon, ExperimentIcon, HelpIcon, HomeIcon, PredictionIcon, QueueIcon, SettingsIcon } from "../ui/icons";

export type Place = { to: string; title: string; icon: ReactNode };

export const MAIN_PLACES: Place[] = [
  { to: "/welcome", title: "Welcome", icon: <HomeIcon /> },
  { to: "/experiments", title: "Experiments", icon: <ExperimentIcon /> },
  { to: "/datasets", title: "Datasets", icon: <DatasetIcon /> },
  { to: "/predictions", title: "Predictions", icon: <PredictionIcon /> },
  { to: "/queue", title: "Queue and machine", icon: <QueueIcon /> },
];

export const OTHER_PLACES: Place[] = [
  { to: "/settings", title: "Settings", icon: <SettingsIcon /> },
  { to: "/help", title: "Help", icon: <HelpIcon /> },
];
