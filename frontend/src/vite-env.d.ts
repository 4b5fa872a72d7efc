/// <reference types="vite/client" />
declare const __STUDIO_VERSION__: string;
