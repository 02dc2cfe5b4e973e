import"./chunk-W656ZXYP.js";import"./chunk-DERTHNRY.js";import"./chunk-RA3IBB3M.js";import"./chunk-2RWZ336D.js";import"./chunk-FRMCB4FR.js";import"./chunk-7I563G2N.js";
