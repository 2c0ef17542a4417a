//! This domain's part of `/api/openapi.json`.

use serde_json::{Value, json};

/// Paths and schemas (OpenAPI 3.1), to be merged with those of the other domains.
pub fn openapi() -> Value {
    json!({
        "paths": {
            "/api/seals": { "get": list() },
            "/api/seals/{id}/documents": { "post": seal() }
        },
        "components": { "schemas": { "Seal": seal_schema() } }
    })
}

fn list() -> Value {
    json!({
        "operationId": "listSeals",
        "summary": "Seals that the calling application may use",
        "tags": ["seals"],
        "security": [{ "bearer": ["seal"] }],
        "responses": {
            "200": {
                "description": "The seals",
                "content": { "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["seals"],
                        "properties": {
                            "seals": { "type": "array", "items": { "$ref": "#/components/schemas/Seal" } }
                        }
                    },
                    "example": { "seals": [seal_example()] }
                } }
            },
            "401": problem("The token is missing, expired or revoked"),
            "403": problem("The token lacks the scope `seal`, or acts for a person")
        }
    })
}

fn seal() -> Value {
    json!({
        "operationId": "sealDocument",
        "summary": "Seal a document: file in, sealed file out",
        "description": "A PDF comes back with a visible seal and a PAdES B-B signature; for any \
            other file a detached CMS signature (CAdES B-B) comes back. The same Idempotency-Key \
            with the same request gives the same bytes for a day.",
        "tags": ["seals"],
        "security": [{ "bearer": ["seal"] }],
        "parameters": parameters(),
        "requestBody": {
            "required": true,
            "description": "The document, 20 MiB at most, as raw body or as the one file of a form",
            "content": {
                "application/pdf": { "schema": { "type": "string", "format": "binary" } },
                "application/octet-stream": { "schema": { "type": "string", "format": "binary" } },
                "multipart/form-data": { "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": { "file": { "type": "string", "format": "binary" } }
                } }
            }
        },
        "responses": {
            "200": {
                "description": "The sealed PDF, or the detached signature",
                "content": {
                    "application/pdf": { "schema": { "type": "string", "format": "binary" } },
                    "application/pkcs7-signature": { "schema": { "type": "string", "format": "binary" } }
                }
            },
            "400": problem("Idempotency-Key is missing, or a parameter is wrong"),
            "401": problem("The token is missing, expired or revoked"),
            "403": problem("No scope `seal`, or no right to this seal"),
            "404": problem("No such seal"),
            "409": problem("The seal is suspended, revoked or expired, or this key is being worked on"),
            "413": problem("The document is too large"),
            "422": problem("The document cannot be sealed, or the key was used for another request"),
            "429": problem("Too much output is kept for this application"),
            "503": problem("Try again after `Retry-After` seconds, with the same key")
        }
    })
}

fn parameters() -> Value {
    let query = |name: &str, schema: Value, what: &str| {
        json!({ "name": name, "in": "query", "required": false, "schema": schema,
                "description": what })
    };
    json!([
        { "name": "id", "in": "path", "required": true, "schema": { "type": "string" },
          "description": "The seal", "example": "019ac7d2-5c00-7a3e-9d35-3c1d6f0f8b11" },
        { "name": "Idempotency-Key", "in": "header", "required": true,
          "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
          "description": "Chosen by the caller, one per document", "example": "case-2026-0007" },
        query("format", json!({ "type": "string", "enum": ["pdf", "cms"] }),
              "`cms` asks for a detached signature even of a PDF"),
        query("place", json!({ "type": "string",
              "enum": ["last-closing", "last-middle", "first-middle"], "default": "last-closing" }),
              "Where the visible seal stands"),
        query("page", json!({ "type": "integer", "minimum": 0 }),
              "With `x` and `y`: the page, counted from 0"),
        query("x", json!({ "type": "number" }), "Middle of the seal, points from the left"),
        query("y", json!({ "type": "number" }), "Middle of the seal, points from below"),
        query("reason", json!({ "type": "string", "maxLength": 200 }),
              "Shown by viewers with the signature")
    ])
}

fn problem(what: &str) -> Value {
    json!({
        "description": what,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
    })
}

fn seal_schema() -> Value {
    json!({
        "type": "object",
        "required": ["id", "organisation", "number", "state", "valid_until"],
        "properties": {
            "id": { "type": "string" },
            "organisation": { "type": "string" },
            "purpose": { "type": ["string", "null"] },
            "number": { "type": "string" },
            "state": { "type": "string", "enum": ["active", "suspended", "revoked", "destroyed"] },
            "valid_until": { "type": "string", "format": "date-time" }
        },
        "example": seal_example()
    })
}

fn seal_example() -> Value {
    json!({
        "id": "019ac7d2-5c00-7a3e-9d35-3c1d6f0f8b11",
        "organisation": "示例县市场监督管理局",
        "purpose": null,
        "number": "3300000000017",
        "state": "active",
        "valid_until": "2028-11-24T08:00:00Z"
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_fragment_names_every_api_route() {
        let document = super::openapi();
        let routes = include_str!("mod.rs");
        for (path, _) in document["paths"].as_object().unwrap() {
            assert!(routes.contains(&format!("\"{path}\"")), "{path}");
        }
        assert_eq!(routes.matches("\"/api/").count(), document["paths"].as_object().unwrap().len());
    }
}
