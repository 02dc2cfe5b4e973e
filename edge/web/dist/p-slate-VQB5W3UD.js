import"./chunk-SN3SNCUW.js";import"./chunk-DERTHNRY.js";import"./chunk-XQYUFNQI.js";import"./chunk-2RWZ336D.js";import"./chunk-FRMCB4FR.js";import"./chunk-7I563G2N.js";
