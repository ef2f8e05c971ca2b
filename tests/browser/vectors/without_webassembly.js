/** Remove WebAssembly. Import this first. */
delete self.WebAssembly;
