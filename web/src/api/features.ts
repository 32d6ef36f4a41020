// The server's table of feature families and what a recipe costs; and the server's own state.

import { client, dataOf, type Schemas } from "./client";

export const getHealth = (): Promise<Schemas["Health"]> => dataOf(client.GET("/api/health"));

export const getFeatureTable = (): Promise<Schemas["FeatureTable"]> => dataOf(client.GET("/api/features"));

export const getRecipeCost = (recipe: Schemas["RecipeBody"], channels: number): Promise<Schemas["RecipeCost"]> =>
  dataOf(client.POST("/api/features/cost", { body: recipe, params: { query: { channels } } }));
