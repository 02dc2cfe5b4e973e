import"./chunk-FMGTNP3A.js";import"./chunk-DERTHNRY.js";import"./chunk-FRMCB4FR.js";import"./chunk-XYAHPRUV.js";import"./chunk-NAFEA7FM.js";import"./chunk-7I563G2N.js";
