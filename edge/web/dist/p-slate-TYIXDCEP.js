import"./chunk-TDB4YH33.js";import"./chunk-DERTHNRY.js";import"./chunk-DPGOJIQ7.js";import"./chunk-3W6R5NRR.js";import"./chunk-FRMCB4FR.js";import"./chunk-7I563G2N.js";
