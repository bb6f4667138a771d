/** The schemas of the lab's kinds, in the form in which Kubernetes' servers publish them. */
export { openApiJson, openApiProto, PROTOBUF } from './document.ts'
export { unknownFields } from './fields.ts'
