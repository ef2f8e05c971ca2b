/** Imported first, it makes the worker one of a browser without WebAssembly. */
delete self.WebAssembly;
