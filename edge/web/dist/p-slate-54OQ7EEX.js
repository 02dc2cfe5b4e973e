import"./chunk-DS4ZZ2A3.js";import"./chunk-DERTHNRY.js";import"./chunk-FRMCB4FR.js";import"./chunk-WR4VF5YH.js";import"./chunk-FQLTEFNX.js";import"./chunk-7I563G2N.js";
