import"./chunk-B56KLQX3.js";import"./chunk-UU7CKNBE.js";import"./chunk-EMESVOMW.js";import"./chunk-IKOY6WOI.js";import"./chunk-7KHQCSSK.js";import"./chunk-LAWEBFWQ.js";import"./chunk-7I563G2N.js";
