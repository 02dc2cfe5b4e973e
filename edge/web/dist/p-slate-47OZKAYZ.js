import"./chunk-TD6UKSQN.js";import"./chunk-DERTHNRY.js";import"./chunk-FRMCB4FR.js";import"./chunk-OZC5XB3R.js";import"./chunk-2RWZ336D.js";import"./chunk-7I563G2N.js";
