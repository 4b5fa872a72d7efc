import type { ReactNode } from "react";

type IconProps = { size?: number; className?: string };

function draw(paths: ReactNode) {
  return function Icon({ size = 18, className }: IconProps) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.75}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
        className={className}
      >
        {paths}
      </svg>
    );
  };
}

export const ExperimentIcon = draw(
  <>
    <path d="M9 3h6M10 3v6.5L4.8 18a2 2 0 0 0 1.7 3h11a2 2 0 0 0 1.7-3L14 9.5V3" />
    <path d="M7.5 14.5h9" />
  </>,
);
export const DatasetIcon = draw(
  <>
    <ellipse cx="12" cy="5.5" rx="7.5" ry="2.8" />
    <path d="M4.5 5.5v13c0 1.5 3.4 2.8 7.5 2.8s7.5-1.3 7.5-2.8v-13" />
    <path d="M4.5 12c0 1.5 3.4 2.8 7.5 2.8s7.5-1.3 7.5-2.8" />
  </>,
);
export const PredictionIcon = draw(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <circle cx="12" cy="12" r="4.5" />
    <circle cx="12" cy="12" r="0.6" fill="currentColor" />
  </>,
);
export const QueueIcon = draw(
  <>
    <path d="M4 6h16M4 12h11M4 18h7" />
    <path d="m17 15 4 3-4 3z" fill="currentColor" stroke="none" />
  </>,
);
export const SettingsIcon = draw(
  <>
    <path d="M4 7h9M19 7h1M4 17h1M11 17h9" />
    <circle cx="16" cy="7" r="2.5" />
    <circle cx="8" cy="17" r="2.5" />
  </>,
);
export const HelpIcon = draw(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M9.6 9.3a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.9" />
    <circle cx="12" cy="16.8" r="0.5" fill="currentColor" />
  </>,
);
export const HomeIcon = draw(
  <>
    <path d="m4 11 8-7 8 7" />
    <path d="M6 9.5V20h12V9.5" />
    <path d="M10 20v-5h4v5" />
  </>,
);
export const MenuIcon = draw(<path d="M4 7h16M4 12h16M4 17h16" />);
export const SearchIcon = draw(
  <>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4.5 4.5" />
  </>,
);
export const PlusIcon = draw(<path d="M12 5v14M5 12h14" />);
export const EyeIcon = draw(
  <>
    <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" />
    <circle cx="12" cy="12" r="3" />
  </>,
);
export const MinusIcon = draw(<path d="M5 12h14" />);
export const CloseIcon = draw(<path d="m6 6 12 12M18 6 6 18" />);
export const CheckIcon = draw(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const ArrowRightIcon = draw(<path d="M5 12h14M13 6l6 6-6 6" />);
export const ChevronRightIcon = draw(<path d="m9 6 6 6-6 6" />);
export const ChevronLeftIcon = draw(<path d="m15 6-6 6 6 6" />);
export const ChevronDownIcon = draw(<path d="m6 9 6 6 6-6" />);
export const UndoIcon = draw(
  <>
    <path d="M4 9h10a5.5 5.5 0 1 1 0 11H9" />
    <path d="M8 5 4 9l4 4" />
  </>,
);
export const StackIcon = draw(
  <>
    <path d="m12 3.5 8.5 4.5-8.5 4.5L3.5 8z" />
    <path d="m3.5 12.2 8.5 4.5 8.5-4.5M3.5 16.4l8.5 4.5 8.5-4.5" />
  </>,
);
export const DownloadIcon = draw(
  <>
    <path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5" />
    <path d="M4.5 19.5h15" />
  </>,
);
export const UploadIcon = draw(
  <>
    <path d="M12 15.5v-11M7.5 9 12 4.5 16.5 9" />
    <path d="M4.5 19.5h15" />
  </>,
);
export const TrashIcon = draw(
  <>
    <path d="M4.5 6.5h15M9.5 6.5V4h5v2.5M6.5 6.5 7.3 20h9.4l.8-13.5" />
    <path d="M10 10.5v5.5M14 10.5v5.5" />
  </>,
);
export const PencilIcon = draw(
  <>
    <path d="M4.5 19.5 5.5 15 16 4.5l3.5 3.5L9 18.5z" />
  </>,
);
export const MoreIcon = draw(
  <>
    <circle cx="5.5" cy="12" r="1" fill="currentColor" />
    <circle cx="12" cy="12" r="1" fill="currentColor" />
    <circle cx="18.5" cy="12" r="1" fill="currentColor" />
  </>,
);
export const CopyIcon = draw(
  <>
    <rect x="8.5" y="8.5" width="11" height="11" rx="2" />
    <path d="M15.5 8.5v-2a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h2" />
  </>,
);
export const StopIcon = draw(<rect x="6" y="6" width="12" height="12" rx="1.5" />);
export const PlayIcon = draw(<path d="M8 5.5v13l10.5-6.5z" />);
export const WarningIcon = draw(
  <>
    <path d="M12 4 2.8 19.5h18.4z" />
    <path d="M12 10v4.5" />
    <circle cx="12" cy="17" r="0.5" fill="currentColor" />
  </>,
);
export const ErrorIcon = draw(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 7.5v5.5" />
    <circle cx="12" cy="16.2" r="0.5" fill="currentColor" />
  </>,
);
export const InfoIcon = draw(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 11v5.5" />
    <circle cx="12" cy="7.8" r="0.5" fill="currentColor" />
  </>,
);
export const SunIcon = draw(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.8v2M12 19.2v2M2.8 12h2M19.2 12h2M5.5 5.5l1.4 1.4M17.1 17.1l1.4 1.4M5.5 18.5l1.4-1.4M17.1 6.9l1.4-1.4" />
  </>,
);
export const MoonIcon = draw(<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z" />);
export const ScreenIcon = draw(
  <>
    <rect x="3.5" y="5" width="17" height="11.5" rx="1.5" />
    <path d="M8.5 20h7" />
  </>,
);
export const FolderIcon = draw(
  <path d="M3.5 18.5v-12a1 1 0 0 1 1-1h4.7l2 2.3h8.3a1 1 0 0 1 1 1v9.7a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1z" />,
);
export const FileIcon = draw(
  <>
    <path d="M6 3.5h8l4.5 4.5v12.5H6z" />
    <path d="M13.5 3.5V8.5h5" />
  </>,
);
export const ExpandIcon = draw(<path d="M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5" />);
export const TableIcon = draw(
  <>
    <rect x="4" y="5" width="16" height="14" rx="1.5" />
    <path d="M4 10h16M10 5v14" />
  </>,
);
export const SparkIcon = draw(<path d="M12 3.5 13.9 10l6.6 2-6.6 2L12 20.5 10.1 14l-6.6-2 6.6-2z" />);
export const ChipIcon = draw(
  <>
    <rect x="6.5" y="6.5" width="11" height="11" rx="1.5" />
    <path d="M9.5 3.5v3M14.5 3.5v3M9.5 17.5v3M14.5 17.5v3M3.5 9.5h3M3.5 14.5h3M17.5 9.5h3M17.5 14.5h3" />
  </>,
);
