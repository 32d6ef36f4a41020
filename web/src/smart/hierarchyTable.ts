// What the built-in suggester prepared for a view: small regions, trees over them, and the nodes worth offering.

import { arrayOf, type Container, ContainerError, wholeNumberOf } from "./container";

/**
 * In tree t the regions stand in an order in which every node is an interval of positions: a pixel belongs to node k
 * where `nodeLow[k] <= positions[t * regionCount + region] < nodeHigh[k]`, with t the tree of the node.
 */
export interface HierarchyTable {
  height: number;
  width: number;
  trees: number;
  regionCount: number;
  /** Region of each pixel, row by row. */
  regions: Uint16Array | Uint32Array;
  /** Pixels of each region. */
  regionArea: Uint32Array;
  /** Place of each region in the order of each tree, tree after tree. */
  positions: Uint32Array;
  /** Smallest node of each tree that holds the region, -1 where none does; tree after tree. */
  firstNode: Int32Array;
  nodeTree: Uint8Array;
  nodeLow: Uint32Array;
  nodeHigh: Uint32Array;
  /** Next larger node of the same tree; -1 at the top. */
  nodeParent: Int32Array;
  /** Pixels of each node. */
  nodeArea: Uint32Array;
  /** Top, left, bottom, right of each node, half-open. */
  nodeBox: Uint16Array;
  /** Expected overlap with an object, 0 to 1. */
  nodeScore: Float32Array;
}

/** Reads the table of a container of the kind "hierarchy". Throws ContainerError where parts do not fit together. */
export function readHierarchyTable(container: Container): HierarchyTable {
  const regions = arrayOf(container, "regions", ["uint16", "uint32"], 2);
  const positions = arrayOf(container, "positions", ["uint32"], 2);
  const [trees = 0, regionCount = 0] = positions.shape;
  const nodeBox = arrayOf(container, "node_box", ["uint16"], 2);
  const table: HierarchyTable = {
    height: wholeNumberOf(container, "height"),
    width: wholeNumberOf(container, "width"),
    trees,
    regionCount,
    regions: regions.values,
    regionArea: arrayOf(container, "region_area", ["uint32"], 1).values,
    positions: positions.values,
    firstNode: arrayOf(container, "first_node", ["int32"], 2).values,
    nodeTree: arrayOf(container, "node_tree", ["uint8"], 1).values,
    nodeLow: arrayOf(container, "node_low", ["uint32"], 1).values,
    nodeHigh: arrayOf(container, "node_high", ["uint32"], 1).values,
    nodeParent: arrayOf(container, "node_parent", ["int32"], 1).values,
    nodeArea: arrayOf(container, "node_area", ["uint32"], 1).values,
    nodeBox: nodeBox.values,
    nodeScore: arrayOf(container, "node_score", ["float32"], 1).values,
  };
  const nodes = table.nodeScore.length;
  const sizes: [number, number][] = [
    [table.regions.length, table.height * table.width],
    [table.regionArea.length, regionCount],
    [table.firstNode.length, positions.values.length],
    [table.nodeBox.length, 4 * nodes],
    ...[table.nodeTree, table.nodeLow, table.nodeHigh, table.nodeParent, table.nodeArea].map(
      (array): [number, number] => [array.length, nodes],
    ),
  ];
  if (sizes.some(([size, expected]) => size !== expected)) throw new ContainerError("its arrays differ in length");
  return table;
}
