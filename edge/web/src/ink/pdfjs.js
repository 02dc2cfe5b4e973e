// What is used of pdf.js; the rest is left out of the bundle.
export { getDocument, GlobalWorkerOptions } from "../../vendor/pdfjs/pdf.mjs";
