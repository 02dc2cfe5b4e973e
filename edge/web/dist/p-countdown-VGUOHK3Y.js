import"./chunk-WBNQYZH5.js";import"./chunk-3RJ4FZLY.js";import"./chunk-7I563G2N.js";
