// What reads a PDF, beside the page: pdf.js's worker, under a name of ours.
import "../vendor/pdfjs/pdf.worker.mjs";
