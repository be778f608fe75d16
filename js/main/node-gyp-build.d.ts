declare module 'node-gyp-build' {
  /** Loads the addon of the package in `folder`: its own build if there is one, otherwise the prebuilt one. */
  function load(folder: string): unknown;
  export = load;
}
