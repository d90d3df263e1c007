"""Spanish words of all the rest: orders, travel, appointments, service, feedback."""

PATTERNS = {
    5: """
        rastrear|seguimiento .. pedido|paquete|envío,
        cancelar|cambiar|modificar .. pedido|reserva|vuelo,
        dónde está mi|el pedido|paquete|envío, pedido .. llegado|llega|recibido|retras*,
        paquete .. perdido|llegado|llega|recibido,

        no ha llegado|llegado, no llegó, no me ha llegado|llegó, figura como entregado,
        aparece .. entregado, hacen envíos, envían a, talla equivocada|incorrecta,
        producto equivocado|dañado|roto, modelo equivocado, etiqueta de devolución,
        maleta*, conexión .. perdí|vuelo, vuelo .. cancelado|retras*|perdí, accidente*,
        siniestro*, dar|doy parte, seguro .. coche|auto|hogar,
        lectura .. contador|medidor, mudanza .. contrato,
        darme de baja .. servicio|contrato, baja del servicio,
        dar de baja .. servicio|línea|contrato|suscripción, cambiar la cita,
        cita .. cambiar|cancelar|jueves|médico, pasaporte .. renovar,
        renovar .. pasaporte|licencia|dni, ayuntamiento, basura, alumbrado, receta,
        técnico .. vino|venir|visita|llegó|viene, nadie vino, colgaron, me colgaron,
        pésima atención, mala atención, devuelvan la llamada,
        pedido de .. pantallas|portátiles|teclados|monitores|auriculares,
        necesito .. portátil|monitor|teclado|silla, reservar .. sala, sala de reuniones,
        vacaciones, pase de visitante, estacionamiento,
        cancelar .. suscripción|contrato|servicio,

        abollad*, rayad*, rasguñ*, derramad*, fría .. comida|pizza, frío .. plato,
        repuesto*, olvidé .. taxi|tren|bus|avión|habitación,
        dejé .. taxi|tren|bus|avión|habitación, noche preciosa|linda|estupenda,
        organizador*, mis felicitaciones, coche de alquiler .. conducir|dos,
        conducir .. coche|auto, no contestan, ninguna respuesta, tratan .. clientes,
        casero, arrendador, obra, ruido .. vecino*|obra|noche, certificado de asistencia,
        visita .. piso, sigue libre|disponible, conductor .. canceló|vino|grosero,

        visita* guiada*, denle las gracias, mis agradecimientos,
        mover|aplazar|posponer .. entrega|cita|pedido, mover la entrega|cita,
        autobús .. pasó|vino, próxima semana
        """,
    4: """
        entrega*, envío*, enviado .. paquete|pedido, paquete*, pedido*, encargo,
        cambio .. producto|talla, devolver .. producto|artículo, política de devoluc*,
        en stock, agotado, disponib*, horario*, tienda*, sucursal*,
        hablar con .. agente|alguien|persona|humano|representante,
        servicio al cliente .. horario|malo|pésimo|número, queja*, reclam*, sugerencia*,
        comentario*, opinión, reseña*, boletín, publicidad, marketing, campaña*,
        estrategia*, crecimiento .. marca, marca*, seo, folleto*, catálogo*, garantía*,
        cita*, viaje*, vuelo*, equipaje, hotel, reserv*, evento*, entradas, colabor*,
        empleo*, trabajo .. oferta|vacante, vacante*, candidatura,

        abren, cierran, a qué hora, abierto, cerrado .. sábado|domingo,
        sería útil|bueno|genial|ideal, estaría bien|bueno, me gustaría que, trato, amable,
        amables, una hora al teléfono, esperando .. hora, mala educación, grosero*,
        maleducado*, cambiarla, cambiarlo, cambiar .. talla|producto, reemplazo, repuesto,
        inscripción, matrícula, expediente académico, biblioteca, semestre, desayuno,
        habitación, perro, silla de ruedas, palet*, transportista*, aduana*, recogida,
        repartidor, mensajero, portabilidad,

        coche de alquiler, taxi, trayecto, concierto, festival, teatro, museo, casillero,
        taquilla, comedor, silla, conserje, vacuna*, votar, elecciones,
        acta de nacimiento, profesor*, deberes, residencia, calidad, sabor,
        caducado .. producto|comida, alerg*, vegano, flores, tela, costura, cremallera,
        tapa
        """,
    3: """
        información sobre|acerca|detallada|adicional|general, información de los|sus
        """,
    2: """
        consulta sobre|general|acerca, consultar sobre,
        solicitud de información|consultoría|detalles, más información, más detalles,
        detalles sobre|acerca, detalles de los, pregunta* sobre|general,
        quisiera saber|conocer|obtener, me gustaría saber|conocer|obtener|solicitar,
        quería saber|preguntar, saber si, interes*, consejo*, asesor*, consultoría,
        capacitación, formación, mejores prácticas, recomend*,
        gracias por su|la|tu|el|todo, qué herramientas|servicios|opciones|productos,
        propon*, propuesta*, cuándo .. llega|estará|llegará, cuánto tiempo|cuesta|tarda,
        artículo*, talla, color, cancel*, horas adicionales
        """,
    1: """
        pregunta*, información, ayuda, solicit*, consulta*, necesito, gracias, asistencia,
        soporte, es posible, ofrecen, tienen .. disponible|tienda|stock,
        hay .. disponible, podrían .. proporcionar|indicar|explicar|enviar|informar,
        pueden .. explicar|decir|indicar, servicios, producto*, guía*, documentación,
        directriz, directrices, mejora*, mejorar, optimiz*, inversión*, inversiones,
        visión general, resumen, crecimiento, funciones .. producto, idea*, explic*,
        aclar*, empresa*, cliente*, expansión,

        atención al cliente, servicio al cliente, cursos,
        curso de .. formación|idiomas|inglés
        """,
}
