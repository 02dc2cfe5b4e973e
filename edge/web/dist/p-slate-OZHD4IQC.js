import"./chunk-PV5T7HWC.js";import"./chunk-DERTHNRY.js";import"./chunk-FRMCB4FR.js";import"./chunk-WR4VF5YH.js";import"./chunk-2RWZ336D.js";import"./chunk-7I563G2N.js";
