import "../../../web/src/p-video.js";
