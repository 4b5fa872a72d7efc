import IconAdjustmentsHorizontal from "@tabler/icons-react/icons/IconAdjustmentsHorizontal";
import IconAlertCircle from "@tabler/icons-react/icons/IconAlertCircle";
import IconAlertTriangle from "@tabler/icons-react/icons/IconAlertTriangle";
import IconArrowBackUp from "@tabler/icons-react/icons/IconArrowBackUp";
import IconCheck from "@tabler/icons-react/icons/IconCheck";
import IconChevronLeft from "@tabler/icons-react/icons/IconChevronLeft";
import IconChevronRight from "@tabler/icons-react/icons/IconChevronRight";
import IconCopy from "@tabler/icons-react/icons/IconCopy";
import IconCpu from "@tabler/icons-react/icons/IconCpu";
import IconDatabase from "@tabler/icons-react/icons/IconDatabase";
import IconDeviceDesktop from "@tabler/icons-react/icons/IconDeviceDesktop";
import IconDots from "@tabler/icons-react/icons/IconDots";
import IconDownload from "@tabler/icons-react/icons/IconDownload";
import IconEye from "@tabler/icons-react/icons/IconEye";
import IconFile from "@tabler/icons-react/icons/IconFile";
import IconFlask from "@tabler/icons-react/icons/IconFlask";
import IconFolder from "@tabler/icons-react/icons/IconFolder";
import IconHelpCircle from "@tabler/icons-react/icons/IconHelpCircle";
import IconHome from "@tabler/icons-react/icons/IconHome";
import IconInfoCircle from "@tabler/icons-react/icons/IconInfoCircle";
import IconListDetails from "@tabler/icons-react/icons/IconListDetails";
import IconMenu2 from "@tabler/icons-react/icons/IconMenu2";
import IconMicrophone from "@tabler/icons-react/icons/IconMicrophone";
import IconMinus from "@tabler/icons-react/icons/IconMinus";
import IconMoon from "@tabler/icons-react/icons/IconMoon";
import IconPencil from "@tabler/icons-react/icons/IconPencil";
import IconPlayerPlay from "@tabler/icons-react/icons/IconPlayerPlay";
import IconPlayerStop from "@tabler/icons-react/icons/IconPlayerStop";
import IconPlus from "@tabler/icons-react/icons/IconPlus";
import IconSearch from "@tabler/icons-react/icons/IconSearch";
import IconSparkles from "@tabler/icons-react/icons/IconSparkles";
import IconStack2 from "@tabler/icons-react/icons/IconStack2";
import IconSun from "@tabler/icons-react/icons/IconSun";
import IconTarget from "@tabler/icons-react/icons/IconTarget";
import IconTrash from "@tabler/icons-react/icons/IconTrash";
import IconUpload from "@tabler/icons-react/icons/IconUpload";
import IconX from "@tabler/icons-react/icons/IconX";
import type { ComponentType, SVGProps } from "react";

type IconProps = { size?: number; className?: string };
type TablerIcon = ComponentType<
  IconProps & { stroke?: number } & Pick<SVGProps<SVGSVGElement>, "aria-hidden" | "focusable">
>;

/** An icon beside words or inside a labelled button: it says nothing to a screen reader itself. */
function decorative(Icon: TablerIcon) {
  return function DecorativeIcon({ size = 18, className }: IconProps) {
    return <Icon size={size} className={className} stroke={1.75} aria-hidden="true" focusable="false" />;
  };
}

export const ExperimentIcon = decorative(IconFlask);
export const DatasetIcon = decorative(IconDatabase);
export const PredictionIcon = decorative(IconTarget);
export const QueueIcon = decorative(IconListDetails);
export const SettingsIcon = decorative(IconAdjustmentsHorizontal);
export const HelpIcon = decorative(IconHelpCircle);
export const HomeIcon = decorative(IconHome);
export const MenuIcon = decorative(IconMenu2);
export const SearchIcon = decorative(IconSearch);
export const PlusIcon = decorative(IconPlus);
export const EyeIcon = decorative(IconEye);
export const MicrophoneIcon = decorative(IconMicrophone);
export const MinusIcon = decorative(IconMinus);
export const CloseIcon = decorative(IconX);
export const CheckIcon = decorative(IconCheck);
export const ChevronRightIcon = decorative(IconChevronRight);
export const ChevronLeftIcon = decorative(IconChevronLeft);
export const UndoIcon = decorative(IconArrowBackUp);
export const StackIcon = decorative(IconStack2);
export const DownloadIcon = decorative(IconDownload);
export const UploadIcon = decorative(IconUpload);
export const TrashIcon = decorative(IconTrash);
export const PencilIcon = decorative(IconPencil);
export const MoreIcon = decorative(IconDots);
export const CopyIcon = decorative(IconCopy);
export const StopIcon = decorative(IconPlayerStop);
export const PlayIcon = decorative(IconPlayerPlay);
export const WarningIcon = decorative(IconAlertTriangle);
export const ErrorIcon = decorative(IconAlertCircle);
export const InfoIcon = decorative(IconInfoCircle);
export const SunIcon = decorative(IconSun);
export const MoonIcon = decorative(IconMoon);
export const ScreenIcon = decorative(IconDeviceDesktop);
export const FolderIcon = decorative(IconFolder);
export const FileIcon = decorative(IconFile);
export const SparkIcon = decorative(IconSparkles);
export const ChipIcon = decorative(IconCpu);
