/**
 * What Patching says of the stack of blocks that a map shows: that of a model with one, the encoder's or the decoder's.
 *
 * @typedef {object} StackWords
 * @property {string} grid  names the map's cells, for screen readers
 * @property {string} axis  below the columns
 * @property {string} map
 * @property {string} table
 * @property {string} menu
 * @property {(token: string) => string} title
 * @property {(values: Record<string, string | number>) => string} cell  a sentence about a cell
 */

import { t } from "../../common/language.js";

/** @type {Record<"only" | "encoder" | "decoder", StackWords>} */
export const STACKS = {
  only: {
    grid: t("What comes back: the rows are tokens, the columns are blocks"),
    axis: t("block whose output is copied"),
    map: t("What patching brings back, by token and block"),
    table: t("What comes back as a table"),
    menu: t("Export the map of patching"),
    title: (token) => t("How much of the log-probability of “{token}” comes back", { token }),
    cell: (values) => t("Block {block} of {blocks}, token {number} (“{token}”): {share} comes back. With this one copy “{answer}” has {probability} ({nats} nats).", values),
  },
  encoder: {
    grid: t("What comes back, in the encoder: the rows are tokens, the columns are blocks"),
    axis: t("encoder block whose output is copied"),
    map: t("What patching brings back, in the encoder, by token and block"),
    table: t("What comes back in the encoder as a table"),
    menu: t("Export the map of patching, encoder"),
    title: (token) => t("How much of the log-probability of “{token}” comes back: encoder", { token }),
    cell: (values) => t("Encoder block {block} of {blocks}, token {number} (“{token}”): {share} comes back. With this one copy “{answer}” has {probability} ({nats} nats).", values),
  },
  decoder: {
    grid: t("What comes back, in the decoder: the rows are tokens, the columns are blocks"),
    axis: t("decoder block whose output is copied"),
    map: t("What patching brings back, in the decoder, by token and block"),
    table: t("What comes back in the decoder as a table"),
    menu: t("Export the map of patching, decoder"),
    title: (token) => t("How much of the log-probability of “{token}” comes back: decoder", { token }),
    cell: (values) => t("Decoder block {block} of {blocks}, token {number} (“{token}”): {share} comes back. With this one copy “{answer}” has {probability} ({nats} nats).", values),
  },
};
