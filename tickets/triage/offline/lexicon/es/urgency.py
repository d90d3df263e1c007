"""Spanish words of urgency, in points on a scale of 0 to 100."""

PATTERNS = {
    50: """
        para todos, caída total|general|completa|del, violación* de datos|seguridad,
        brecha* de datos|seguridad, fuga* de datos, pérdida* de datos, ciberataque*,
        ransomware, malware, acceso no autorizado, intento* de acceso,
        incidente* de seguridad, todos .. usuarios|clientes|empleados|compañeros,
        toda la empresa|oficina|red|plantilla, todo el equipo|sistema|departamento|mundo,
        nadie puede, producción .. parada|detenida|caída,
        completamente caído|parado|bloqueado|inaccesible,
        datos .. pacientes|médicos .. riesgo|expuest*|comprometid*,
        varios|múltiples productos|dispositivos|sistemas .. afectad*|fall*|caíd*,
        emergencia*, incendio, peligro*,

        en todas .. tiendas|sucursales|oficinas,
        todas las tiendas|sucursales|oficinas|cajas,
        no podemos cobrar|vender|atender|operar, a nadie, sistema caído, olor a gas,
        huele a gas, todo el pueblo|barrio|almacén|edificio, rescate .. archivos,

        ninguna sede|oficina|sucursal|tienda, desde ninguna,
        # personas|clientes|usuarios|empleados .. esperando|sin|parados,
        datos de clientes .. robados|filtrados,

        # agentes|médicos|conductores|alumnos|pacientes .. pueden|esperando|parados,
        todo el centro|hospital|colegio|almacén, centro de llamadas .. caído,
        visibles .. público|todos, no pueden trabajar,

        totalmente|completamente|enteramente .. caíd*|parad*|fuera|bloquead*|inaccesible,
        caída|corte|paro .. total|general|completo|completa,
        máquinas|cajas|líneas|terminales|equipos .. paradas|parados|caídas|fuera|detenidas,
        todas las|todos los .. pantallas|cajas .. caíd*|negro|fuera|parad*,
        todas las|todos los .. teléfonos|terminales|sistemas .. caíd*|negro|fuera|parad*,
        planta|fábrica|clínica|hospital .. parad*|paralizad*|caíd*|sin sistema,
        escuela|tienda|almacén|sucursal .. parad*|paralizad*|caíd*|sin sistema,
        nadie .. puede|trabajar|conectar, datos de clientes .. públicos|robados|filtrados,
        nada funciona, todas las copias|todos los datos .. perdid*|borrad*
        """,
    32: """
        crític*, grave*, gravemente, sever*, fraud*, estaf*, robad*, robo, hackead*,
        no autorizad*, no reconozco, no reconocid*, no hice,
        no he hecho|realizado|autorizado, caída*, inactividad, interrupción* .. servicio,
        interrupciones, abogado*, demanda*, tribunal, fecha límite,
        antes de mañana|hoy|viernes, para mañana|hoy,
        pérdida* de ingresos|clientes|ventas, no puedo trabajar, no podemos trabajar,
        exceso de costos,

        entrado en mi cuenta, entraron .. cuenta,
        sin mi permiso|autorización|consentimiento, a mi nombre, sin autorización,
        voy a denunciar, denunciar, vence .. plazo|hoy|mañana, mañana vence, bebé,
        sin luz|calefacción|agua, datos .. perdidos|borrados, policía, cirugía, suplant*,
        quitaron .. dólares|euros|dinero, plazo, fecha tope,

        ex empleado .. acceso, se hace pasar, encerrad*, ascensor .. parado|atascado,
        concierto|vuelo|boda|examen .. hoy|mañana, entrar en mi casa
        """,
    28: """
        no puedo .. acceder|entrar|iniciar|pagar, doble cobro|cargo,
        dinero .. desaparec*|falta, bloqueada, bloqueado, tarjeta .. robada|perdida,

        sin internet, no puedo iniciar|ingresar, me quedé sin, dos veces,
        nadie puede .. trabajar
        """,
    20: """
        urgente*, urgencia, urgentemente, inmediat*, de inmediato, lo antes posible,
        cuanto antes, lo más pronto posible, ya mismo, ahora mismo, alta prioridad,
        máxima prioridad, significativ*, seri*, doble, dinero .. desaparec*|perdido|falta,
        no .. recibido .. dinero|reembolso|pago, todavía no .. reembols*,
        aún no .. reembols*, no puedo .. acceder|entrar|iniciar, cuelga,
        nuestros clientes, nuestro equipo, flujo de trabajo, operaciones, interrump*,
        obstacul*, afectando, afecta .. negocio|trabajo|operaciones,

        tercera vez, sigo esperando, llevo .. días|semanas|meses,
        desde hace .. meses|semanas, hace dos|tres|cuatro meses|semanas,

        me sigue* cobrando|quitando, sigue* quitando|cobrando|descontando,
        cuatro|cinco|tres|varios correos|mails|cartas|llamadas
        """,
    13: """
        mañana, hoy, desde ayer, varios compañeros|usuarios|clientes, cada vez que,
        constantemente,

        cada dos|tres|cinco horas|minutos, pierde
        """,
    9: """
        error*, problema*, falla*, fallo*, no funciona*, no puedo, no podemos, imposible,
        roto*, defectuos*, incorrect*, equivocad*, falta*, retras*, demora*, lent*,
        lamentablemente, desafortunadamente, a pesar de, todavía no, aún no, sigue sin,
        otra vez, de nuevo, desde hace, # días|semanas|meses|horas|veces,
        hace días|semanas|meses, queja*, reclam*, dificultad*, inconveniente*, perdid*,
        dañad*, sin respuesta, discrepancia*, inesperad*,

        no ha llegado, no llegó, no me llega, no llega, rechazada, rechazado, olvidé,
        inexistente, no recibo, se cierra, lentísimo, por qué, subió, equivocada,
        da error, no imprime, no me deja, caducad*, vencid*, important*, rápidamente,

        todavía figura, aún figura, abollad*, rayad*, se quedó en, fría, frío
        """,
    5: """
        queremos|quiero|quisiera|deseo|necesito mover|cambiar|cancelar|pedir,
        queremos|quiero|quisiera|deseo|necesito devolver|aplazar|añadir|modificar,
        por favor agreguen|añadan|cancelen|cambien|eliminen|envíen, ha caducado|expirado
        """,
    4: """
        quiero darme|cancelar|cambiar|devolver|eliminar, solicito permisos|acceso|cambio,
        eliminen, necesito cambiar|cancelar|la factura, quiero cambiarla|cambiarlo,
        por favor cambien|corrijan|envíen|cancelen, pedido de
        """,
    -4: """
        quiero, quisiera
        """,
    -11: """
        cómo puedo|se|hago|podemos, cuánto*, es posible,
        podría .. decir*|indicar|explicar|enviar|informar,
        podrían .. proporcionar|indicar|explicar|enviar|informar, me gustaría,
        necesito ayuda para, dónde puedo|está|encuentro,

        hacen, a qué hora, qué comisión|documentos|tarifa|horario,
        cómo configuro|doy|activo|cambio, aceptan, se puede, envían, cuándo llega,
        ^ cuándo, ^ hay, ^ tienen, ^ ofrecen, ^ dónde, ^ cómo, ^ qué, ^ pueden, ^ puedo,
        ^ se puede, ^ cuál*, cuál es|son|sería
        """,
    -25: """
        información sobre|acerca|detallada|adicional|general|de, más información,
        más detalles, detalles sobre|acerca, pregunta* sobre, quisiera saber|conocer,
        gustaría saber|conocer|obtener, quería saber|preguntar, interes*, curios*,
        mejores prácticas, recomend*, sugerencia*, sugier*, mejorar, mejora, optimizar,
        optimización, estrategia*, documentación, asesor*, consejo*,
        consulta sobre|general, consultoría,

        sería útil|bueno|genial|ideal, estaría bien|bueno, simple curiosidad
        """,
    -35: """
        no es urgente, no urge, no hay prisa, sin prisa, nada urgente, no corre prisa,
        cuando puedan|pueda|tengan, solo una pregunta, simple pregunta,
        para su información, gracias por su|la|tu|el excelente|rápida|gran|buen,
        excelente*, maravillos*, estupend*, genial, fantástic*, increíble servicio,
        perfecto, encantad*, muy satisfech*, muy content*, felicit*, enhorabuena,
        ya está resuelto|solucionado, problema resuelto, funciona bien|ahora,
        buen trabajo,

        muchas gracias por la|su|todo, trato excelente, ya funciona, todo funciona,
        quedó resuelto, cuando tengan tiempo
        """,
}
