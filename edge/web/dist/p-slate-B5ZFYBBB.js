import"./chunk-N3UAIRR3.js";import"./chunk-UU7CKNBE.js";import"./chunk-EMESVOMW.js";import"./chunk-XCUSW3DS.js";import"./chunk-MBAUZ7UG.js";import"./chunk-L2IZEIKC.js";import"./chunk-7I563G2N.js";
