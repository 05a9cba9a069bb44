/**
 * What can move to another thread without a copy: memory that the bytes have to themselves. Small buffers share Node's pool; they
 * are copied.
 */
export function ownMemory(bytes: Uint8Array): ArrayBuffer[] {
  const memory = bytes.buffer;
  return memory instanceof ArrayBuffer && memory.byteLength === bytes.byteLength ? [memory] : [];
}
