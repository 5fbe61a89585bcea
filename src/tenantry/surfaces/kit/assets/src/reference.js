// The API reference: Swagger UI on our own document. It asks no other host: no validator, no web font, no favicon.
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { mend } from "./reference_mend.js";

const place = document.getElementById("reference");

mend(place);
SwaggerUI({
  domNode: place,
  url: place.dataset.openapi,
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  // Every operation is ready to be tried; the style sheet hides the button that would leave that state.
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  filter: true,
  syntaxHighlight: { theme: "nord" },
});
