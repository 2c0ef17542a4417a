//! This domain's part of `/api/openapi.json`.

use serde_json::{Value, json};

/// Paths and schemas (OpenAPI 3.1), to be merged with those of the other domains.
pub fn openapi() -> Value {
    json!({
        "paths": {
            "/api/credentials": { "post": issue() },
            "/api/credentials/{id}": { "get": show() },
            "/api/credentials/{id}/status": { "post": status() },
            "/status/{list}": { "get": list() },
        },
        "components": { "schemas": {
            "Credential": credential_schema(),
            "CredentialIssued": issued_schema(),
            "CredentialRequest": request_schema(),
        } },
    })
}

fn issue() -> Value {
    json!({
        "operationId": "issueCredential",
        "summary": "Issue an electronic certificate",
        "description": "Gives the certificate in its signed forms once. The same Idempotency-Key \
            with the same request gives the same certificate; with another request it is refused.",
        "tags": ["credentials"],
        "security": [{ "bearer": ["credential"] }],
        "parameters": [{
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
            "example": "licence-2026-000123"
        }],
        "requestBody": {
            "required": true,
            "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/CredentialRequest" },
                "example": request_example()
            } }
        },
        "responses": {
            "200": issued("An earlier request with this key had issued it"),
            "201": issued("Issued"),
            "400": problem("The request is not JSON of this form"),
            "401": problem("The token is missing, expired or revoked"),
            "403": problem("The token lacks the scope `credential`, or the application does not \
                issue for this organisation"),
            "422": problem("A field is missing or not acceptable, the holder or type is unknown, \
                or the key was used for another request"),
            "503": problem("Busy: try again after the time in Retry-After")
        }
    })
}

fn show() -> Value {
    json!({
        "operationId": "showCredential",
        "summary": "Where a certificate stands",
        "tags": ["credentials"],
        "security": [{ "bearer": ["credential"] }],
        "parameters": [id()],
        "responses": {
            "200": standing(),
            "401": problem("The token is missing, expired or revoked"),
            "404": problem("No such certificate of this organisation")
        }
    })
}

fn status() -> Value {
    json!({
        "operationId": "changeCredentialStatus",
        "summary": "Revoke, suspend or resume a certificate",
        "description": "A revoked certificate stays revoked. Verifiers learn of the change with \
            the next status list, within its `ttl`.",
        "tags": ["credentials"],
        "security": [{ "bearer": ["credential"] }],
        "parameters": [id()],
        "requestBody": {
            "required": true,
            "content": { "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["status"],
                    "additionalProperties": false,
                    "properties": {
                        "status": { "enum": ["valid", "revoked", "suspended"] }
                    }
                },
                "example": { "status": "revoked" }
            } }
        },
        "responses": {
            "200": standing(),
            "401": problem("The token is missing, expired or revoked"),
            "404": problem("No such certificate of this organisation"),
            "409": problem("The certificate cannot go from its present status to this one")
        }
    })
}

fn list() -> Value {
    json!({
        "operationId": "statusList",
        "summary": "A token status list, signed",
        "description": "Two bits for each certificate: 0 valid, 1 revoked, 2 suspended. Open to \
            everybody.",
        "tags": ["credentials"],
        "security": [],
        "parameters": [{
            "name": "list",
            "in": "path",
            "required": true,
            "schema": { "type": "integer", "minimum": 1 },
            "example": 1
        }],
        "responses": {
            "200": {
                "description": "The list",
                "content": { "application/statuslist+jwt": { "schema": { "type": "string" } } }
            },
            "404": problem("No such list"),
            "501": { "description": "Lists of the past (`time`) are not kept" }
        }
    })
}

fn id() -> Value {
    json!({
        "name": "id",
        "in": "path",
        "required": true,
        "schema": { "type": "string", "format": "uuid" }
    })
}

fn issued(description: &str) -> Value {
    json!({
        "description": description,
        "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/CredentialIssued" }
        } }
    })
}

fn standing() -> Value {
    json!({
        "description": "Where it stands",
        "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/Credential" },
            "example": {
                "id": "019ab5c0-5a00-7c3e-9d7e-0a1b2c3d4e5f",
                "type": "business-licence",
                "number": "2026112412345678",
                "status": "valid",
                "issued_at": "2026-11-24T08:00:00Z",
                "expires_at": null
            }
        } }
    })
}

fn problem(description: &str) -> Value {
    json!({
        "description": description,
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" }
        } }
    })
}

fn request_schema() -> Value {
    json!({
        "type": "object",
        "required": ["type", "holder", "claims"],
        "additionalProperties": false,
        "properties": {
            "type": { "type": "string", "examples": ["business-licence", "hygiene-permit"] },
            "holder": { "type": "string", "description": "User name of the holder" },
            "organisation": {
                "type": "string",
                "description": "Issuing organisation; not needed when the application has one"
            },
            "claims": { "type": "object", "additionalProperties": { "type": "string" } }
        }
    })
}

fn request_example() -> Value {
    json!({
        "type": "hygiene-permit",
        "holder": "zhangsan",
        "claims": {
            "name": "示例云上茶馆",
            "legal_representative": "张三",
            "permitted": "茶座",
            "address": "示例县示例路 1 号"
        }
    })
}

fn issued_schema() -> Value {
    json!({
        "type": "object",
        "required": ["id", "number", "credential", "code", "compact"],
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "number": { "type": "string" },
            "credential": { "type": "string", "description": "SD-JWT VC with all disclosures" },
            "code": { "type": "string", "description": "Text of the printed code, an address" },
            "compact": { "type": "string", "description": "The same in base45, `YX1:…`" }
        }
    })
}

fn credential_schema() -> Value {
    json!({
        "type": "object",
        "required": ["id", "type", "number", "status", "issued_at"],
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "type": { "type": "string" },
            "number": { "type": "string" },
            "status": { "enum": ["valid", "revoked", "suspended"] },
            "issued_at": { "type": "string", "format": "date-time" },
            "expires_at": { "type": ["string", "null"], "format": "date-time" }
        }
    })
}
