/** The part of the WebAssembly API that is used: TypeScript has it only among what a browser has. */
declare namespace WebAssembly {
  interface Module {
    /** So that nothing else is taken for one. */
    readonly [Symbol.toStringTag]: 'WebAssembly.Module';
  }
  const Module: new (bytes: Uint8Array) => Module;
  interface Instance {
    readonly exports: unknown;
  }
  const Instance: new (module: Module) => Instance;
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  interface Global<Value extends number | bigint> {
    readonly value: Value;
  }
}
