"""The published contract: AsyncAPI document, JSON Schemas, tables and examples, written from what is sent."""
