/** The part of the WebAssembly API that is used. TypeScript declares it only in its DOM library. */
declare namespace WebAssembly {
  interface Module {
    /** Distinguishes the type from other objects. */
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
